// lease and takeOver, end to end on the emulated cloud: a staged server becomes the machine.
import type { VolumeFacts } from "../../steps/facts";
import { Lab, type LabServer } from "./support/lab";
import { temporaryFolders } from "./support/temporaryFolder";

const newFolder = temporaryFolders();
let lab: Lab;

beforeEach(async () => {
  lab = await Lab.open(newFolder());
});
afterEach(() => lab.close());

test("with the store on a volume: installed onto it, booted, verified", async () => {
  const server = await lab.newServer("devserver-1");
  const home = await lab.newVolume("home");
  const hardware = await lab.stage(server, [home]);
  await lab.attach(home, server);
  await lab.must("lease", { ...lab.connection(server), volume: home });

  const document = { ...lab.connection(server), facts: lab.facts(server, [home], hardware), ...lab.flakeDocument() };
  const { output } = await lab.must("takeOver", document);

  expect(output).toEqual({ system: await lab.ssh(server, "readlink -f /run/current-system"), generation: 1 });
  expect(await lab.ssh(server, "hostname; findmnt -rn -o SOURCE /nix /home | head -c 200; mountpoint /nix /home")).toContain("devserver");
  expect(lab.cloud.isServed("devserver")).toBe(true);

  const again = await lab.must("takeOver", document);
  expect(again.output).toEqual(output);
  expect(again.stderr).toContain("NixOS is installed already");
});
