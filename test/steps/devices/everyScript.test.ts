// Every script that touches a volume, against every kind of device that could stand in a volume's place. None of them makes a file system:
// what is not a sound ext4 is byte for byte the same afterwards, and a sound one keeps its identity and its files.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT } from "../../../toolchain/checkout";
import { type Kind, kinds } from "../support/devices";
import { describeAsRoot, type OsRelease } from "../support/namespaceMachine";
import { temporaryFolders } from "../support/temporaryFolder";
import { VolumeInPlace } from "../support/volumeInPlace";

const newFolder = temporaryFolders();
const REFUSED = 3;
const GROWN_BYTES = 32 * 1024 * 1024;
const NOBODYS = "00000000-0000-4000-8000-000000000000";
const PIECES = ["0", "7", "15"];

let volume: VolumeInPlace;

async function start(os: OsRelease, kind: Kind): Promise<void> {
  volume = await VolumeInPlace.start(newFolder(), os, kind);
}
afterEach(() => volume.stop());

const every = kinds().map((kind) => [kind.what, kind] as const);

interface Call {
  script: string;
  args: string[];
  /** By system, where it is not the same on all; those that are left out are not asked. */
  code: number | Partial<Record<OsRelease, number>>;
  says?: string;
}

/** What only looks, or is not allowed to do anything to a volume that is not mounted, or not here. */
const calls = (device: string): Call[] => [
  { script: "device", args: [device], code: 0, says: "device there" },
  { script: "verify", args: ["devserver", "/srv/data", device], code: 0, says: "is not mounted there" },
  { script: "releaseVolume", args: [device, "/srv/data"], code: 0, says: "use none" },
  { script: "growVolume", args: [device, GROWN_BYTES.toString()], code: 0, says: "grown later" },
  { script: "proveInstaller", args: ["/dev/zero", device], code: { debian: REFUSED, installer: 0, nixos: REFUSED } },
  { script: "mountForInstall", args: [device, "/home", ".nix"], code: { debian: REFUSED, nixos: REFUSED } },
  { script: "mountNow", args: ["/srv/data", device], code: { debian: REFUSED, installer: REFUSED } },
  { script: "knownVolume", args: [device, NOBODYS, "/srv/data"], code: { nixos: REFUSED } },
  { script: "prepareStore", args: [device, "devserver", "hash"], code: { debian: REFUSED, installer: REFUSED, nixos: 0 } },
  { script: "persistence", args: ["prepare", "/srv/data"], code: { nixos: 0 }, says: " /srv/data" },
  { script: "chunkDigests", args: [device, "1", ...PIECES], code: { debian: 0 }, says: "chunk 15" },
  { script: "sendChunks", args: [device, "1", ...PIECES], code: { debian: 0 } },
];

/** As `nix/packages` packs it. */
const PERSISTENCE_TEST = `#!/usr/bin/env bash
set -euo pipefail
${readFileSync(join(CHECKOUT, "nix", "packages", "vps-persistence-test.sh"), "utf8")}`;

describeAsRoot.each(["debian", "installer", "nixos"] as const)(
  "on %s what only looks, or has no business here, leaves every byte of",
  (os) => {
    test.each(every)("%s", async (_what, kind) => {
      await start(os, kind);
      volume.program("vps-persistence-test", PERSISTENCE_TEST);
      volume.machine.sh("mkdir -p /srv/data");
      const before = volume.digest();

      for (const { script, args, code, says = "" } of calls(volume.device)) {
        const expected = typeof code === "number" ? code : code[os];
        if (expected === undefined) continue; // what has business here is tried below
        const run = await volume.script(script, args);
        expect([script, run.stderr, run.code, volume.digest() === before]).toEqual([script, run.stderr, expected, true]);
        expect(run.stdout).toContain(says);
      }
    });
  },
);

describeAsRoot("whether a volume is the one that the machine ran with is found out without a change of", () => {
  test.each(every)("%s", async (_what, kind) => {
    await start("nixos", kind);
    const before = volume.digest();
    const [uuid = ""] = volume.identity().split("\n");

    const { code, stdout, stderr } = await volume.script("knownVolume", [volume.device, uuid || NOBODYS, "/srv/data"]);

    expect([0, REFUSED]).toContain(code);
    if (kind.sound) expect([stderr, stdout]).toEqual(["", expect.stringContaining("known yes")]);
    if (code === REFUSED) expect(stderr).toContain(volume.device);
    // A kernel that stumbles over damage notes that in the superblock, also where it mounts read-only.
    if (!kind.what.includes("damage")) expect(volume.digest()).toBe(before);
    expect(volume.machine.sh(`findmnt -rn -S ${volume.node} || true`)).toBe("");
  });
});

describeAsRoot("mounting for an installation mounts a sound ext4 and refuses all else in words:", () => {
  test.each(every)("%s", async (_what, kind) => {
    await start("installer", kind);
    const [before, known] = [volume.digest(), volume.identity()];

    const { code, stderr } = await volume.script("mountForInstall", [volume.device, "/home", ".nix"]);

    if (kind.install === "mounted") {
      expect([stderr, code]).toEqual([expect.anything(), 0]);
      expect(volume.machine.sh("cat /mnt/home/kept")).toBe("precious");
      expect(volume.machine.sh("findmnt -rn -o OPTIONS /mnt/home").split(",")).toContain("rw");
    } else {
      expect(code).toBe(REFUSED);
      expect(stderr).toMatch(kind.install);
      // What is full shows only once it is mounted.
      if (kind.then === undefined) expect(volume.machine.sh("findmnt -rn /mnt/home || true")).toBe("");
    }
    expect(volume.identity()).toBe(known);
    // A file system that was mounted, or mended as far as that needs nobody, has written something; nothing else has.
    if (kind.install !== "mounted" && kind.then === undefined && !kind.what.includes("damage")) expect(volume.digest()).toBe(before);
  });
});

describeAsRoot("mounting on a running machine mounts a sound ext4 and refuses all else:", () => {
  test.each(every)("%s", async (_what, kind) => {
    await start("nixos", kind);
    volume.machine.sh("mkdir -p /srv/data");
    const known = volume.identity();
    const note = volume.note("volumes-unchecked");

    const { code, stderr } = await volume.script("mountNow", ["/srv/data", volume.device], {
      env: { ...volume.installedWith("/srv/data"), UNCHECKED: note },
    });

    if (kind.install === "mounted") expect([stderr, volume.machine.sh("cat /srv/data/kept")]).toEqual([stderr, "precious"]);
    if (kind.what === "LUKS") expect([code, stderr]).toEqual([REFUSED, expect.stringContaining("holds crypto_LUKS, not ext4")]);
    else if (code !== 0)
      expect([code, stderr]).toEqual([1, expect.stringMatching(/srv-data.mount did not start: exit-code; see journalctl/)]);
    // A refusal has changed nothing: the machine still mounts nothing by itself.
    expect(existsSync(note)).toBe(code === REFUSED);
    expect(volume.identity()).toBe(known);
  });
});

describeAsRoot("on a running machine a volume", () => {
  const [good] = kinds().filter(({ what }) => what === "a good ext4");
  if (!good) throw new Error("there is no good ext4");

  test("that the installed system does not have is not mounted but left to the switch, and the note goes all the same", async () => {
    await start("nixos", good);
    const note = volume.note("volumes-unchecked");
    const env = { ...volume.installedWith("/srv/elsewhere"), UNCHECKED: note };

    const { code, stderr } = await volume.script("mountNow", ["/srv/data", volume.device], { env });
    const { results } = await volume.script("verify", ["devserver", "/srv/data", volume.device], { env });

    expect([code, stderr]).toEqual([0, ""]);
    expect(existsSync(note)).toBe(false);
    expect([results.all("mount"), results.all("later")]).toEqual([[], [expect.stringMatching(/^\/srv\/data: .* is not mounted there/)]]);
  });

  test("that the installed system must not mount before a take-over is said to be kept away by the note", async () => {
    await start("nixos", good);
    const note = volume.note("volumes-unchecked");
    const env = { ...volume.installedWith("/srv/data"), UNCHECKED: note };
    const verify = async (): Promise<string> =>
      (await volume.script("verify", ["devserver", "/srv/data", volume.device], { env })).results.get("mount");

    expect(await verify()).toContain(`${note}, keeps them away`);
    expect((await volume.script("mountNow", [], { env })).code).toBe(0);
    expect(await verify()).toBe(`/srv/data: ${volume.device} is not mounted there`);
  });
});
