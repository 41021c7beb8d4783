// The scripts for encrypted volumes on real devices with real headers: what they refuse, byte for byte, and what they make. Opening needs
// dm-crypt, which computers that run this may lack; the whole way on a real kernel is `npm run conformance -- kernel`.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeAsRoot, NamespaceMachine, type OsRelease, type Outcome } from "../support/namespaceMachine";
import { temporaryFolders } from "../support/temporaryFolder";

const newFolder = temporaryFolders();
const [FAILED, REFUSED] = [1, 3];
const PASSPHRASE = "correct horse battery staple";

const hasCryptsetup = spawnSync("cryptsetup", ["--version"]).status === 0;
if (!hasCryptsetup) console.warn("SKIPPED: cryptsetup is not installed, so there are no real LUKS headers");
const describeReal = hasCryptsetup ? describeAsRoot : describe.skip;

const QUICK = "--batch-mode --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file=-";
const luks = (more: string): string => `printf %s '${PASSPHRASE}' | cryptsetup luksFormat ${QUICK} ${more} "$1"`;
const MBR = String.raw`printf '\0\0\0\0\203\0\0\0\0\010\0\0\0\020\0\0' | dd of="$1" bs=1 seek=446 conv=notrunc status=none; printf '\125\252' | dd of="$1" bs=1 seek=510 conv=notrunc status=none`;
const UNFINISHED = luks("--type luks2 --subsystem 'nixos-vps initialising'");

let machine: NamespaceMachine;
let folder: string;
let device: string;
let keys: string;

async function start(os: OsRelease, make: string, readOnly = false): Promise<void> {
  folder = newFolder();
  keys = join(folder, "keys");
  machine = await NamespaceMachine.start(folder, os);
  device = join(folder, "scsi-0HC_Volume_17");
  symlinkSync(await machine.disk("volume", `truncate -s 48M "$1"; ${make}`, { readOnly }), device);
}
afterEach(() => machine.stop());

const script = (name: string, args: string[], payload = PASSPHRASE): Promise<Outcome> =>
  machine.script(name, args, { payload: Buffer.from(payload), env: { KEYS: keys } });
const digest = (): string =>
  createHash("sha256")
    .update(readFileSync(join(folder, "volume")))
    .digest("hex");

/** What stands on a device, how initialising it is refused, and how opening it is. */
const OTHERS: [what: string, make: string, initialise: RegExp, open: RegExp, readOnly?: true][] = [
  [
    "one byte in the middle of nothing",
    'printf x | dd of="$1" bs=1 seek=25000000 conv=notrunc status=none',
    /is not empty/,
    /nothing could be/,
  ],
  [
    "random data",
    'head -c 1M /dev/urandom | dd of="$1" bs=1M seek=1 conv=notrunc status=none',
    /is not empty/,
    /nothing could be recognised/,
  ],
  ["an ext4", 'mkfs.ext4 -q "$1"', /holds ext4, so it is not empty/, /holds an ext4 without encryption.*Nothing here encrypts/s],
  ["swap", 'mkswap "$1" >/dev/null', /holds swap, so it is not empty/, /holds swap, not LUKS/],
  ["a partition table", MBR, /has a partition table \(dos\)/, /has a partition table \(dos\)/],
  ["LUKS in its first version", luks("--type luks1"), /holds LUKS already/, /first version.*luksHeaderBackup/s],
  ["somebody's LUKS2", luks("--type luks2"), /holds LUKS already/, /./],
  ["nothing, but read-only", ":", /is read-only here/, /nothing could be recognised/, true],
];

describeReal.each(["installer", "nixos"] as const)("on %s nothing is made on, and nothing opened of,", (os) => {
  test.each(OTHERS.map((other) => [other[0], other] as const))("%s", async (what, [, make, initialise, open, readOnly]) => {
    await start(os, make, readOnly);
    const before = digest();

    const made = await script("initialiseVolume", ["make", device, "home"]);
    expect([made.code, made.stderr]).toEqual([REFUSED, expect.stringMatching(initialise)]);
    if (what !== "somebody's LUKS2") {
      const opened = await script("openVolume", [device, "home", "devserver"]);
      expect([opened.code, opened.stderr]).toEqual([REFUSED, expect.stringMatching(open)]);
    }
    expect(digest()).toBe(before);
  });
});

describeReal("where no system of ours runs, nothing is made or opened", () => {
  test.each(["initialiseVolume", "openVolume", "keepKey"])("by %s", async (name) => {
    await start("debian", ":");
    const before = digest();

    const { code } = await script(name, name === "initialiseVolume" ? ["make", device, "home"] : [device, "home", "devserver"]);

    expect([code, digest()]).toEqual([REFUSED, before]);
  });
});

describeReal("an empty volume", () => {
  test("is looked at without being touched", async () => {
    await start("installer", ":");
    const before = digest();

    const { code, results } = await script("initialiseVolume", ["look", device, "home"]);

    expect([code, results.get("found"), digest()]).toEqual([0, "nothing", before]);
  });

  test("is named with the command that prepares it when it is to be opened", async () => {
    await start("installer", ":");

    const { code, stderr } = await script("openVolume", [device, "home", "devserver"]);

    expect([code, stderr]).toEqual([REFUSED, expect.stringContaining("npx vps volume initialise devserver home")]);
  });

  test("gets a header that says that it is unfinished, until its file system is there", async () => {
    await start("installer", ":");

    const { code, stderr } = await script("initialiseVolume", ["make", device, "home"]);

    expect(machine.sh(`blkid -p -o value -s TYPE ${device}`)).toBe("crypto_LUKS");
    expect(machine.sh(`printf %s '${PASSPHRASE}' | cryptsetup open --test-passphrase --key-file=- ${device} && echo right`)).toBe("right");
    expect(machine.sh(`cryptsetup luksDump ${device}`)).toMatch(/argon2id[^]*Memory: +65536/);
    if (code === 0) {
      // Where this computer has dm-crypt.
      expect(machine.sh(`blkid -p -o value -s SUBSYSTEM ${device} || true`)).toBe("");
      return;
    }
    console.warn("SKIPPED in part: this computer has no device mapper, so nothing can be opened here");
    expect([code, stderr]).toEqual([FAILED, expect.stringMatching(/could not be opened.*no data on it.*same command again/s)]);
    expect(machine.sh(`blkid -p -o value -s SUBSYSTEM ${device}`)).toBe("nixos-vps initialising");
    expect((await script("initialiseVolume", ["look", device, "home"])).results.get("found")).toBe("unfinished");
  });
});

describeReal("what a cut-off initialisation left", () => {
  test("is not opened as if it were whole, and the way on is named", async () => {
    await start("installer", UNFINISHED);

    const { code, stderr } = await script("openVolume", [device, "home", "devserver"]);

    expect([code, stderr]).toEqual([REFUSED, expect.stringMatching(/cut off.*npx vps volume initialise devserver home.*again/s)]);
  });

  test("is begun anew with another passphrase as long as nothing follows the header", async () => {
    await start("installer", UNFINISHED);

    await script("initialiseVolume", ["make", device, "home"], "another horse, another battery");

    expect(
      machine.sh(`printf %s 'another horse, another battery' | cryptsetup open --test-passphrase --key-file=- ${device} && echo right`),
    ).toBe("right");
  });

  test("is left alone with another passphrase when something follows the header", async () => {
    await start("installer", `${UNFINISHED}; printf x | dd of="$1" bs=1 seek=30000000 conv=notrunc status=none`);
    const before = digest();

    const { code, stderr } = await script("initialiseVolume", ["make", device, "home"], "another horse, another battery");

    expect([code, digest(), stderr]).toEqual([REFUSED, before, expect.stringContaining("is not empty")]);
  });
});

describeReal("the key of a machine", () => {
  const file = (): string => join(keys, "home");

  test("is kept, for root alone and without a byte more, when it opens the volume; the second time nothing is done", async () => {
    await start("nixos", luks("--type luks2"));
    const before = digest();

    expect((await script("keepKey", [device, "home", "devserver"])).results.get("key")).toBe("kept");

    expect(readFileSync(file(), "utf8")).toBe(PASSPHRASE);
    expect([statSync(file()).mode & 0o777, statSync(keys).mode & 0o777]).toEqual([0o600, 0o700]);
    expect((await script("keepKey", [device, "home", "devserver"])).results.get("key")).toBe("there");
    expect(digest()).toBe(before);
  });

  test("stays what it is when another passphrase is brought, which is refused with the way to change it", async () => {
    await start("nixos", luks("--type luks2"));
    await script("keepKey", [device, "home", "devserver"]);

    const { code, stderr } = await script("keepKey", [device, "home", "devserver"], "another horse, another battery");

    expect([code, stderr]).toEqual([REFUSED, expect.stringMatching(/does not open the volume home.*cryptsetup luksAddKey .*--key-file/s)]);
    expect(stderr).not.toContain("another horse");
    expect(readFileSync(file(), "utf8")).toBe(PASSPHRASE);
  });

  test.each([
    ["a blank volume", ":", /npx vps volume initialise devserver home/],
    ["an ext4", 'mkfs.ext4 -q "$1"', /without encryption/],
    ["an unfinished one", UNFINISHED, /was cut off/],
  ])("is not kept for %s", async (_, make, words) => {
    await start("nixos", make);
    const before = digest();

    const { code, stderr } = await script("keepKey", [device, "home", "devserver"]);

    expect([code, stderr, existsSync(file()), digest()]).toEqual([REFUSED, expect.stringMatching(words), false, before]);
  });

  test("that did not arrive whole is not kept", async () => {
    await start("nixos", luks("--type luks2"));
    writeFileSync(join(folder, "before"), digest());

    expect((await script("keepKey", [device, "home", "devserver"], "")).code).toBe(REFUSED);

    expect(existsSync(file())).toBe(false);
  });
});

describeReal("an encrypted volume that nobody has opened", () => {
  test("is released as unused, and grows when it is opened the next time", async () => {
    await start("nixos", luks("--type luks2"));

    expect((await script("releaseVolume", [device, "/srv/data", "home"])).results.get("use")).toBe("none");
    expect((await script("growVolume", [device, "50331648", "home"])).results.get("grown")).toBe("later");
  });
});
