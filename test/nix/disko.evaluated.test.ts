// disko's script for the root disk, run on a loop device beside a volume with data. Needs root and a kernel with loop devices.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeEvaluated } from "./support/evaluation";
import { only, rendered, type Rendered } from "./support/rendered";

jest.setTimeout(600_000);

// Where no udev runs, nobody makes the links by label: this does what it would do, and is called when disko waits for it.
const udevadm = `#!/bin/bash
[ "$1" = settle ] || exit 0
partx -u "$LOOP" 2>/dev/null || partx -a "$LOOP" 2>/dev/null
mkdir -p /dev/disk/by-partlabel
for part in /sys/class/block/"$(basename "$LOOP")"p*; do
  [ -e "$part" ] || continue
  node=/dev/$(basename "$part")
  [ -b "$node" ] || { IFS=: read -r major minor <"$part/dev"; mknod "$node" b "$major" "$minor"; }
  label=$(blkid -p -s PART_ENTRY_NAME -o value "$node")
  ln -sfn "$node" "/dev/disk/by-partlabel/$label"
done
`;

// A kernel without vfat cannot mount /boot; everything else is still run.
const kernelHasVfat = existsSync("/proc/filesystems") && /\tvfat$/m.test(readFileSync("/proc/filesystems", "utf8"));
const mountWithoutVfat = `#!/bin/bash
[[ " $* " == *" vfat "* ]] || exec /usr/bin/mount "$@"
`;

// In a mount namespace of its own, with its own /dev/disk: the links of this computer's disks are out of reach.
const harness = `set -euo pipefail
made=; [ -d /dev/disk ] || { mkdir /dev/disk; made=1; }
mount -t tmpfs none /dev/disk
truncate -s 4G "$WORK/root.img"
truncate -s 64M "$WORK/volume.img"
mkfs.ext4 -q "$WORK/volume.img"
LOOP=$(losetup --show -f "$WORK/root.img"); VOLUME=$(losetup --show -f "$WORK/volume.img")
export LOOP
cleanup() {
  umount -R "$WORK/mnt" 2>/dev/null || true
  partx -d "$LOOP" 2>/dev/null || true
  losetup -d "$LOOP"; losetup -d "$VOLUME"
  umount /dev/disk
  [ -z "$made" ] || rmdir /dev/disk
}
trap cleanup EXIT
mkdir -p /dev/disk/by-id "$WORK/mnt"
ln -s "$LOOP" "$ROOT_DISK"; ln -s "$VOLUME" /dev/disk/by-id/scsi-0HC_Volume_101
export PATH="$WORK/bin:$PATH"
bash "$WORK/create.sh"
bash "$WORK/create.sh"
bash "$WORK/mount.sh"
findmnt -n -R -o TARGET,FSTYPE,OPTIONS "$WORK/mnt"
echo ---
for part in "$LOOP"p*; do blkid -p -s PART_ENTRY_NAME -s PART_ENTRY_TYPE -s PART_ENTRY_SIZE -s TYPE -o export "$part" | grep -v DEVNAME | sort | tr '\\n' ' '; echo; done
`;

function runOnLoopDevice(system: Rendered): { status: number | null; stdout: string; stderr: string; volume: string; fresh: string } {
  const work = mkdtempSync(join(tmpdir(), "vps-disko-"));
  try {
    spawnSync("mkdir", [join(work, "bin")]);
    writeFileSync(join(work, "bin", "udevadm"), udevadm, { mode: 0o755 });
    if (!kernelHasVfat) writeFileSync(join(work, "bin", "mount"), mountWithoutVfat, { mode: 0o755 });
    writeFileSync(join(work, "create.sh"), system.create);
    writeFileSync(join(work, "mount.sh"), system.mount.replaceAll('"/mnt', `"${work}/mnt`));
    const env = { ...process.env, WORK: work, ROOT_DISK: system.facts.hardware.rootDisk };
    // The volume's bytes before, made the same way in the harness, are read after: disko must not have written to it.
    const marked = harness.replace("LOOP=$(losetup", 'cp "$WORK/volume.img" "$WORK/before.img"\nLOOP=$(losetup');
    const run = spawnSync("unshare", ["-m", "bash", "-c", marked], { encoding: "utf8", env });
    const hash = (name: string): string =>
      existsSync(join(work, name))
        ? createHash("sha256")
            .update(readFileSync(join(work, name)))
            .digest("hex")
        : name;
    return { ...run, volume: hash("volume.img"), fresh: hash("before.img") };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const programs = ["sgdisk", "mkfs.vfat", "mkfs.ext4", "losetup", "partx", "partprobe", "unshare"];
const missing = programs.filter((program) => spawnSync("which", [program]).status !== 0);
const unable = ((): string | null => {
  if (process.getuid?.() !== 0) return "this needs root";
  if (missing.length > 0) return `there is no ${missing.join(", ")}`;
  return existsSync("/dev/loop-control") ? null : "there are no loop devices";
})();

describeEvaluated("disko's script for the root disk", () => {
  let systems: Record<string, Rendered>;
  beforeAll(() => {
    systems = rendered();
  });

  const name = "ext4: makes three partitions, twice over with the same result, and leaves the volume as it is";
  if (unable !== null) {
    console.warn(`test/nix: SKIPPED, ${unable}: disko on a loop device`);
    test.skip(`SKIPPED, ${unable}: ${name}`, () => undefined);
  } else {
    test(name, () => {
      const run = runOnLoopDevice(only(systems["devserver"], "devserver"));
      expect([run.status, run.status === 0 ? "" : run.stderr.slice(-3000)]).toEqual([0, ""]);
      const [mounts = "", partitions = ""] = run.stdout.split("---\n");
      expect(mounts).toMatch(/\/mnt +ext4 +rw,noatime/);
      if (!kernelHasVfat) console.warn("test/nix: this kernel has no vfat: /boot was made but not mounted");
      else expect(mounts).toMatch(/\/mnt\/boot +vfat +.*fmask=0077/);
      const rows = partitions.trim().split("\n");
      expect(rows[0]).toContain("PART_ENTRY_NAME=disk-main-bios");
      // 1 MiB in sectors of 512 bytes, and the type that GRUB looks for.
      expect(rows[0]).toContain("PART_ENTRY_SIZE=2048");
      expect(rows[0]).toContain("PART_ENTRY_TYPE=21686148-6449-6e6f-744e-656564454649");
      expect(rows[1]).toMatch(/PART_ENTRY_NAME=disk-main-esp PART_ENTRY_SIZE=2097152 PART_ENTRY_TYPE=c12a7328-\S+ TYPE=vfat/);
      expect(rows[2]).toMatch(/PART_ENTRY_NAME=disk-main-root .*TYPE=ext4/);
      expect(run.volume).toBe(run.fresh);
    });
  }

  test("LUKS: formats what is not LUKS yet, with the passphrase from the agreed path", () => {
    const { create } = only(systems["luks"], "luks");
    expect(create).toMatch(/if ! blkid .*disk-main-root.*; then[\s\S]*luksFormat/);
    expect(create).toContain("cat /tmp/disk.key");
  });

  test("a machine with an encrypted volume: leaves cryptsetup in the installer, which has none, and others leave nothing", () => {
    const leaves = /ln -sfn \/nix\/store\/\S+-cryptsetup-\S+\/bin\/cryptsetup \/run\/nixos-vps\/bin\/cryptsetup/;
    expect(only(systems["encrypted"], "encrypted").create).toMatch(leaves);
    expect(only(systems["devserver"], "devserver").create).not.toContain("/run/nixos-vps");
  });

  test("ZFS: makes one pool on the third partition, with datasets that fstab mounts", () => {
    const { create } = only(systems["zfs"], "zfs");
    expect(create).toMatch(/zpool create/);
    expect(create).toMatch(/reservation=1G/);
    expect(create.match(/mountpoint=legacy/g)?.length).toBeGreaterThanOrEqual(2);
  });
});
