// Every script that touches a volume, against every kind of device that could stand in a volume's place. None of them makes a file system:
// what is not a sound ext4 is byte for byte the same afterwards, and a sound one keeps its identity and its files.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeAsRoot, NamespaceMachine, type OsRelease } from "../support/namespaceMachine";
import { temporaryFolders } from "../support/temporaryFolder";

const newFolder = temporaryFolders();
const REFUSED = 3;
const GROWN_BYTES = 32 * 1024 * 1024;

/** An ext4 with a file in it, which has been mounted before. */
const EXT4 = 'mkfs.ext4 -q "$1"; echo precious >"$1.txt"; debugfs -w -R "write $1.txt kept" "$1" 2>/dev/null';
const WITH_STORE = `${EXT4}; debugfs -w -R "mkdir .nix" "$1" 2>/dev/null`;
const MBR = String.raw`printf '\0\0\0\0\203\0\0\0\0\010\0\0\0\020\0\0' | dd of="$1" bs=1 seek=446 conv=notrunc status=none; printf '\125\252' | dd of="$1" bs=1 seek=510 conv=notrunc status=none`;

interface Kind {
  what: string;
  /** Makes it of the file `$1`. */
  make: string;
  /** Program that making it needs beside what every Debian has. */
  needs?: string;
  /** Once it is a device, `$1`. */
  then?: string;
  readOnly?: boolean;
  /** How mounting it for an installation ends: mounted, or refused with these words. */
  install: "mounted" | RegExp;
}

const KINDS: Kind[] = [
  { what: "a blank one", make: ":", install: /no file system that could be recognised.*never here/s },
  { what: "random data", make: 'head -c 1M /dev/urandom | dd of="$1" conv=notrunc status=none', install: /no file system/ },
  { what: "a good ext4", make: EXT4, install: "mounted" },
  {
    what: "an ext4 of somebody else, full of files and with no place of ours",
    make: `${EXT4}; for n in etc boot www; do debugfs -w -R "mkdir $n" "$1" 2>/dev/null; done; tune2fs -L elsewhere "$1" >/dev/null`,
    install: "mounted",
  },
  {
    what: "an ext4 with small damage",
    make: `${EXT4}; debugfs -w -R "set_super_value free_blocks_count 1" "$1" 2>/dev/null; debugfs -w -R "set_super_value state 2" "$1" 2>/dev/null`,
    install: "mounted",
  },
  {
    what: "an ext4 with damage for a person",
    make: `${EXT4}; debugfs -w -R "clri <2>" "$1" 2>/dev/null; debugfs -w -R "set_super_value state 2" "$1" 2>/dev/null`,
    install: /must not be repaired without a person.*e2fsck -n/s,
  },
  { what: "ext2", make: 'mkfs.ext2 -q "$1"', install: /holds ext2, not ext4/ },
  { what: "XFS", make: 'truncate -s 300M "$1"; mkfs.xfs -q "$1"', needs: "mkfs.xfs", install: /holds xfs, not ext4/ },
  {
    what: "LUKS",
    make: 'truncate -s 32M "$1"; printf secret | cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 "$1" -',
    needs: "cryptsetup",
    install: /holds crypto_LUKS, not ext4/,
  },
  { what: "swap", make: 'mkswap -q "$1" 2>/dev/null || mkswap "$1" >/dev/null', install: /holds swap, not ext4/ },
  { what: "a partition table", make: MBR, install: /has a partition table \(dos\)/ },
  {
    what: "a partition table in front of an ext4",
    make: `${EXT4}; ${MBR}`,
    install: /has a partition table|ambivalent|no file system|holds/,
  },
  {
    what: "a full one without a store",
    make: EXT4,
    then: fill(),
    install: /could not be made on the volume.*If it is full, raise its size/,
  },
  { what: "a full one with a store", make: WITH_STORE, then: fill(), install: "mounted" },
  { what: "a read-only one", make: WITH_STORE, readOnly: true, install: /is read-only/ },
];

function fill(): string {
  return 'm=$(mktemp -d); mount "$1" "$m"; dd if=/dev/zero of="$m/filler" bs=64k status=none 2>/dev/null || true; while echo x >>"$m/last" 2>/dev/null; do :; done; umount "$m"; rmdir "$m"';
}

/** systemd's part of a mount: check, then mount. In front of the real one, which has nothing to say in a test. */
const SYSTEMCTL = `#!/bin/sh
case $1 in
is-active) mountpoint -q /srv/data ;;
start) [ "$2" = default.target ] || { e2fsck -p "$VOLUME" >/dev/null 2>&1 || [ $? -lt 4 ]; } && { [ "$2" = default.target ] || mount -t ext4 -o noatime,nodev "$VOLUME" /srv/data; } ;;
show) echo exit-code ;;
esac
`;
const ESCAPE = "#!/bin/sh\necho srv-data.mount\n";

let machine: NamespaceMachine;
let folder: string;
let device: string;

/** @returns false where the kind cannot be made here */
function canMake({ what, needs }: Kind): boolean {
  const can = needs === undefined || spawnSync("sh", ["-c", `command -v ${needs}`]).status === 0;
  if (!can) console.warn(`SKIPPED: ${what} cannot be made, as ${needs} is not installed`);
  return can;
}

async function start(os: OsRelease, kind: Kind): Promise<void> {
  folder = newFolder();
  for (const [name, text] of Object.entries({ systemctl: SYSTEMCTL, "systemd-escape": ESCAPE })) {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o755);
  }
  machine = await NamespaceMachine.start(folder, os);
  const loop = await machine.disk("volume", kind.make, kind);
  // Volumes are known by a link, which goes when they go.
  device = join(folder, "scsi-0HC_Volume_17");
  symlinkSync(loop, device);
  if (kind.then) machine.sh(`set -- ${loop}; ${kind.then}`);
}
afterEach(() => machine.stop());

const digest = (): string =>
  createHash("sha256")
    .update(readFileSync(join(folder, "volume")))
    .digest("hex");

const identity = (): string => machine.sh(`blkid -p -o value -s UUID ${device} || true; blkid -p -o value -s TYPE ${device} || true`);

function script(name: string, args: string[]): ReturnType<NamespaceMachine["script"]> {
  return machine.script(name, args, { env: { PATH: `${folder}:${process.env.PATH ?? ""}`, VOLUME: device } });
}

const kinds = KINDS.filter(canMake).map((kind) => [kind.what, kind] as const);

describeAsRoot.each(["debian", "installer", "nixos"] as const)(
  "on %s what only looks, or has no business here, leaves every byte of",
  (os) => {
    test.each(kinds)("%s", async (_what, kind) => {
      await start(os, kind);
      const before = digest();
      const calls: [name: string, args: string[], expected: [code: number, words: string]][] = [
        ["device", [device], [0, "device there"]],
        ["verify", ["devserver", "/srv/data", device], [0, "is not mounted there"]],
        ["releaseVolume", [device, "/srv/data"], [0, "use none"]],
        ["growVolume", [device, GROWN_BYTES.toString()], [0, "grown later"]],
        ["proveInstaller", ["/dev/zero", device], os === "installer" ? [0, "proved yes"] : [REFUSED, ""]],
        ...(os === "installer" ? [] : [["mountForInstall", [device, "/home", ".nix"], [REFUSED, ""]] as (typeof calls)[number]]),
        ...(os === "nixos" ? [] : [["mountNow", ["/srv/data"], [REFUSED, ""]] as (typeof calls)[number]]),
      ];
      for (const [name, args, [code, words]] of calls) {
        const run = await script(name, args);
        expect([name, run.code, digest() === before]).toEqual([name, code, true]);
        expect(run.stdout).toContain(words);
      }
    });
  },
);

describeAsRoot("mounting for an installation mounts a sound ext4 and refuses all else in words:", () => {
  test.each(kinds)("%s", async (_what, kind) => {
    await start("installer", kind);
    const [before, known] = [digest(), identity()];

    const { code, stderr } = await script("mountForInstall", [device, "/home", ".nix"]);

    if (kind.install === "mounted") {
      expect([stderr, code]).toEqual([expect.anything(), 0]);
      expect(machine.sh("cat /mnt/home/kept")).toBe("precious");
      expect(machine.sh("findmnt -rn -o OPTIONS /mnt/home").split(",")).toContain("rw");
    } else {
      expect(code).toBe(REFUSED);
      expect(stderr).toMatch(kind.install);
      // What is full shows only once it is mounted.
      if (kind.then === undefined) expect(machine.sh("findmnt -rn /mnt/home || true")).toBe("");
    }
    expect(identity()).toBe(known);
    // A file system that was mounted, or mended as far as that needs nobody, has written something; nothing else has.
    if (kind.install !== "mounted" && kind.then === undefined && !kind.what.includes("damage")) expect(digest()).toBe(before);
  });
});

describeAsRoot("mounting on a running machine mounts a sound ext4 and refuses all else:", () => {
  test.each(kinds)("%s", async (_what, kind) => {
    await start("nixos", kind);
    machine.sh("mkdir -p /srv/data");
    const known = identity();

    const { code, stderr } = await script("mountNow", ["/srv/data"]);

    expect([0, REFUSED]).toContain(code);
    if (kind.install === "mounted") expect([stderr, machine.sh("cat /srv/data/kept")]).toEqual([stderr, "precious"]);
    if (code === REFUSED) expect(stderr).toMatch(/srv-data.mount did not start: exit-code; see journalctl/);
    expect(identity()).toBe(known);
  });
});

describeAsRoot("a volume that vanishes half-way", () => {
  /** In front of a program: after it has run, the volume is gone as a detached one is. */
  function vanishesAfter(program: string): void {
    writeFileSync(
      join(folder, program),
      `#!/bin/sh\n/usr/sbin/${program} "$@"; code=$?\n[ ! -e ${device} ] || { rm -f ${device}; truncate -s 0 ${join(folder, "volume")}; losetup --set-capacity "$LOOP"; }\nexit $code\n`,
    );
    chmodSync(join(folder, program), 0o755);
  }

  test.each(["blkid", "e2fsck"])("is an error at once after %s, and nothing is mounted or left below the mount point", async (program) => {
    await start("installer", { what: "", make: EXT4, install: "mounted" });
    const loop = machine.sh(`readlink -f ${device}`);
    vanishesAfter(program);

    const { code, stderr } = await machine.script("mountForInstall", [device, "/home", ".nix"], {
      env: { PATH: `${folder}:${process.env.PATH ?? ""}`, LOOP: loop },
    });

    expect(code).not.toBe(0);
    expect(stderr).not.toBe("");
    expect(machine.sh("findmnt -rn /mnt/home || true; ls -A /mnt/home 2>/dev/null || true")).toBe("");
    expect((await script("releaseVolume", [device, "/home"])).stdout).toContain("use none");
  });
});
