// A volume that held data and now does not is refused by name; one that never did is taken as it is.
import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Lab, type LabServer } from "./support/lab";
import { describeAsRoot, NamespaceMachine } from "./support/namespaceMachine";
import { temporaryFolders } from "./support/temporaryFolder";
import type { VolumeFacts } from "../../steps/facts";

// Machines boot and install for real time too, and slowly where others work on the same computer.
jest.setTimeout(600_000);

const newFolder = temporaryFolders();
const UUID = "0b9b1f2e-5d7c-4c1e-9a56-0f6a3c1d2e4f";
const EXT4 = `mkfs.ext4 -q -U ${UUID} "$1"`;
const REFUSED = 3;

describeAsRoot("on real devices, a volume that is known", () => {
  let machine: NamespaceMachine;
  let folder: string;
  beforeEach(async () => {
    folder = newFolder();
    machine = await NamespaceMachine.start(folder, "installer");
  });
  afterEach(() => machine.stop());

  const digest = (name: string): string =>
    createHash("sha256")
      .update(readFileSync(join(folder, name)))
      .digest("hex");

  test("is mounted with its file system and its data", async () => {
    const device = await machine.disk("home", `${EXT4}; debugfs -w -R "mkdir qwe" "$1" 2>/dev/null`);

    expect((await machine.script("mountForInstall", [device, "/home", ".nix", UUID])).code).toBe(0);
    expect((await machine.script("mountForInstall", [device, "/home", ".nix", UUID])).code).toBe(0);
  });

  test("with another file system is refused and left as it is", async () => {
    const device = await machine.disk("home", 'mkfs.ext4 -q "$1"');
    const before = digest("home");

    const { code, stderr } = await machine.script("mountForInstall", [device, "/home", ".nix", UUID]);
    const running = await machine.script("knownVolume", [device, UUID]);

    expect([code, running.code]).toEqual([REFUSED, REFUSED]);
    expect(stderr).toMatch(new RegExp(`held the data of this machine on the file system ${UUID}, and now has another one`));
    expect(running.stderr).toContain("formatted");
    expect(digest("home")).toBe(before);
  });

  test("and empty is refused, and not mounted; the same one unknown is new and welcome", async () => {
    const device = await machine.disk("home", EXT4);

    const { code, stderr } = await machine.script("mountForInstall", [device, "/home", ".nix", UUID]);

    expect(code).toBe(REFUSED);
    expect(stderr).toMatch(/held the data of this machine \(\/home\), and now is empty/);
    expect(machine.sh("findmnt -rn /mnt/home || true")).toBe("");
    expect((await machine.script("mountForInstall", [device, "/home", ".nix", ""])).code).toBe(0);
  });
});

describe("on the emulated cloud", () => {
  let lab: Lab;
  let home: VolumeFacts;
  beforeEach(async () => {
    lab = await Lab.open(newFolder());
    home = await lab.newVolume("home");
  });
  afterEach(() => lab.close());

  async function staged(name: string): Promise<[LabServer, object]> {
    const server = await lab.newServer(name);
    const hardware = await lab.stage(server, [home]);
    await lab.attach(home, server);
    return [server, lab.takeOverDocument(server, [home], hardware)];
  }

  test("a volume that was formatted after a machine ran with it is refused, and taken once a person says so", async () => {
    const [first, firstDocument] = await staged("devserver-1");
    await lab.must("takeOver", firstDocument);
    await lab.must("release", { ...lab.connection(first), volume: home });
    await lab.detach(home);
    const [second, document] = await staged("devserver-2");
    await lab.ssh(second, `mkfs.ext4 -qF ${home.device}`, "bootstrap");

    const { code, stderr } = await lab.run("takeOver", document);

    expect(code).toBe(1);
    expect(stderr).toMatch(/held the data of this machine.*was formatted/s);
    expect(await lab.ssh(second, "findmnt -rn /mnt/home || echo not mounted", "bootstrap")).toBe("not mounted");
    const file = /delete (\S+) on this computer/.exec(stderr)?.[1] ?? "none was named";
    rmSync(file);
    await lab.must("takeOver", document);
    expect(lab.cloud.isServed("devserver")).toBe(true);
  });
});
