import type { MachineConfig } from "../../config";
import type { ExistingVolume } from "../../components/cloud";
import { refuseRenames } from "../../components/renamed";

const machine = (name: string, ...volumes: string[]) =>
  ({ name, volumes: volumes.map((volume) => ({ name: volume, size: 10, mountPoint: `/${volume}`, store: false })) }) as MachineConfig;
const existing = (of: string, purpose: string, over: Partial<ExistingVolume> = {}): ExistingVolume => ({
  ...{ id: 7, name: `test-${of}-${purpose}`, size: 10, location: "fsn1", machine: of, purpose, server: 42 },
  ...over,
});

test("a machine under another name is refused with both ways out", () => {
  expect(() => {
    refuseRenames([machine("web", "home")], [existing("dev", "home")]);
  }).toThrow(/web would get new, empty volumes. Nothing was changed.*nixos-vps\/machine=web.*another machine/s);
});

test("a volume under another name is refused with both ways out", () => {
  expect(() => {
    refuseRenames([machine("dev", "data")], [existing("dev", "home")]);
  }).toThrow(/data would be a new, empty volume.*set its mountPoint.*nixos-vps\/purpose=data/s);
});

test.each([
  ["nothing exists yet", [machine("web", "home")], []],
  ["the former volumes are in use no more", [machine("web", "home")], [existing("dev", "home", { server: null })]],
  ["a machine goes and none comes", [], [existing("dev", "home")]],
  ["the machine that comes has volumes of its own already", [machine("web", "home")], [existing("dev", "home"), existing("web", "home")]],
  ["the machine that comes wants no such volume", [machine("web", "data")], [existing("dev", "home")]],
  ["a volume is added", [machine("dev", "home", "data")], [existing("dev", "home")]],
  ["a volume is removed", [machine("dev", "home")], [existing("dev", "home"), existing("dev", "data")]],
])("it is no rename where %s", (_, machines, volumes) => {
  expect(() => {
    refuseRenames(machines, volumes);
  }).not.toThrow();
});
