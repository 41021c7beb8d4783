// A volume that vanishes half-way, as one does that somebody detaches in the console: each script ends at once, in words, without having
// called anything done that is not, and without taking what has gone for something empty.
import { spawnSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import { EXT4 } from "../support/devices";
import { describeAsRoot } from "../support/namespaceMachine";
import { temporaryFolders } from "../support/temporaryFolder";
import { VolumeInPlace } from "../support/volumeInPlace";

const newFolder = temporaryFolders();
const REFUSED = 3;
const PASSPHRASE = "correct horse battery staple";
const LUKS = `truncate -s 48M "$1"; printf %s '${PASSPHRASE}' | cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 "$1" -`;
const BLANK = 'truncate -s 48M "$1"';
const GONE = /has gone from this server while it was looked at/;

const hasCryptsetup = spawnSync("cryptsetup", ["--version"]).status === 0;
if (!hasCryptsetup) console.warn("SKIPPED: cryptsetup is not installed, so there are no real LUKS headers");
const describeReal = hasCryptsetup ? describeAsRoot : describe.skip;

let volume: VolumeInPlace;
afterEach(() => volume.stop());

const mounts = (): string => volume.machine.sh(`findmnt -rn -S ${volume.node} || true`);

async function mounted(): Promise<void> {
  volume = await VolumeInPlace.start(newFolder(), "nixos", { make: EXT4 });
  volume.machine.sh(`mkdir -p /srv/data && mount ${volume.device} /srv/data && echo more >/srv/data/more && sync`);
}

describeAsRoot("a volume that vanishes while it is mounted for an installation", () => {
  test.each(["blkid", "e2fsck"])("is an error at once after %s, and nothing is mounted or left below the mount point", async (program) => {
    volume = await VolumeInPlace.start(newFolder(), "installer", { make: EXT4 });
    volume.vanishesAfter(program);

    const { code, stderr } = await volume.script("mountForInstall", [volume.device, "/home", ".nix"]);

    expect(volume.hasVanished).toBe(true);
    expect(code).not.toBe(0);
    expect(stderr).not.toBe("");
    expect(volume.machine.sh("findmnt -rn /mnt/home || true; ls -A /mnt/home 2>/dev/null || true")).toBe("");
    expect((await volume.script("releaseVolume", [volume.device, "/home"])).stdout).toContain("use none");
  });
});

describeAsRoot("a volume that vanishes while it is released", () => {
  test.each(["findmnt", "stat", "umount"])("is not called released after %s while its file system is mounted", async (program) => {
    await mounted();
    volume.vanishesAfter(program);

    const { code, results } = await volume.script("releaseVolume", [volume.device, "/srv/data"]);

    expect([volume.hasVanished, code]).toEqual([true, 0]);
    const isMounted = mounts() !== "";
    expect([results.get("use"), isMounted]).toEqual([
      expect.stringMatching(isMounted ? /^system / : /^(none|ended|system .*)$/),
      isMounted,
    ]);
  });
});

describeAsRoot("a volume that vanishes while its file system is to grow", () => {
  test.each(["findmnt", "blkid", "tune2fs"])("is refused after %s, and nothing has grown", async (program) => {
    await mounted();
    volume.vanishesAfter(program);

    const { code, stdout, stderr } = await volume.script("growVolume", [volume.device, (32 * 1024 * 1024).toString()]);

    expect([volume.hasVanished, code, stdout]).toEqual([true, REFUSED, ""]);
    expect(stderr).toMatch(GONE);
  });
});

describeAsRoot("a volume that vanishes while it is asked whether it is the right one", () => {
  test.each(["findmnt", "blkid"])("is refused after %s", async (program) => {
    volume = await VolumeInPlace.start(newFolder(), "nixos", { make: EXT4 });
    const [uuid = ""] = volume.identity().split("\n");
    volume.vanishesAfter(program);

    const { code, stdout, stderr } = await volume.script("knownVolume", [volume.device, uuid, "/srv/data"]);

    expect([volume.hasVanished, code, stdout]).toEqual([true, REFUSED, ""]);
    expect(stderr).toMatch(/is not here|cannot be mounted/);
  });
});

describeAsRoot("a volume that vanishes while it is read", () => {
  test.each([
    ["chunkDigests", "cmp"],
    ["chunkDigests", "dd"],
    ["sendChunks", "dd"],
  ])("is an error for %s after %s: no piece is told of that was not read", async (script, program) => {
    volume = await VolumeInPlace.start(newFolder(), "debian", { make: EXT4 });
    const [first] = (await volume.script("chunkDigests", [volume.device, "1", "0"])).results.all("chunk");
    volume.vanishesAfter(program);

    const { code, results, stderr } = await volume.script(script, [volume.device, "1", "0", "7", "15"]);

    expect([volume.hasVanished, code]).toEqual([true, 1]);
    expect(stderr).toContain(volume.device);
    expect([[], [first]]).toContainEqual(results.all("chunk"));
  });
});

describeAsRoot("a volume that vanishes while it becomes a copy", () => {
  test("is an error, and not called received", async () => {
    volume = await VolumeInPlace.start(newFolder(), "debian", { make: ":" });
    expect((await volume.script("beginCopy", [volume.device, "18", "1"])).stdout).toBe("copy blank\n");
    volume.vanishesAfter("dd");

    const { code, stdout } = await volume.script("receiveChunks", [volume.device, "18", "1", "5", "9"], {
      payload: gzipSync(Buffer.alloc(2 * 1024 * 1024, "x")),
    });

    expect(volume.hasVanished).toBe(true);
    expect(code).not.toBe(0);
    expect(stdout).toBe("");
    // Or pieces would land in a file of that name, in the memory of the server.
    expect(volume.machine.sh(`ls ${volume.device} 2>/dev/null || true`)).toBe("");
  });
});

describeReal("a volume that vanishes while it is opened", () => {
  test.each([
    ["openVolume", "blkid", 1],
    ["openVolume", "blkid", 2],
    ["openVolume", "blkid", 4],
    ["keepKey", "blkid", 1],
    ["keepKey", "blkid", 3],
  ] as const)("is refused by %s after %s (%i), and not taken for an empty or an old one", async (script, program, count) => {
    volume = await VolumeInPlace.start(newFolder(), "nixos", { make: LUKS });
    volume.vanishesAfter(program, count);

    const { code, stdout, stderr } = await volume.script(script, [volume.device, "home", "devserver"], { payload: PASSPHRASE });

    expect([volume.hasVanished, code, stdout]).toEqual([true, REFUSED, ""]);
    expect(stderr).toMatch(GONE);
    expect(volume.keys()).toEqual([]);
  });
});

describeReal("an empty volume that vanishes while it is initialised", () => {
  test.each([
    ["blkid", 1],
    ["wipefs", 1],
    ["cmp", 1],
    ["wipefs", 2],
  ] as const)("is refused after %s (%i), before anything is made", async (program, count) => {
    volume = await VolumeInPlace.start(newFolder(), "nixos", { make: BLANK });
    volume.vanishesAfter(program, count);

    const { code, stdout, stderr } = await volume.script("initialiseVolume", ["make", volume.device, "home"], { payload: PASSPHRASE });

    expect([volume.hasVanished, code, stdout]).toEqual([true, REFUSED, ""]);
    expect(stderr).toMatch(GONE);
  });

  test("after its header was made is an error that says how to go on", async () => {
    volume = await VolumeInPlace.start(newFolder(), "nixos", { make: BLANK });
    volume.vanishesAfter("cryptsetup");

    const { code, stdout, stderr } = await volume.script("initialiseVolume", ["make", volume.device, "home"], { payload: PASSPHRASE });

    expect([volume.hasVanished, code, stdout]).toEqual([true, 1, ""]);
    expect(stderr).toMatch(/no data on it. Run the same command again/);
  });
});
