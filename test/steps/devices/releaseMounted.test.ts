// Releasing what is mounted and not as it should be: damaged, full, read-only, or no ext4 at all. It has to leave the server like any other,
// with everything that is on it; mending it is nobody's business here.
import { EXT4, fill, hasProgram } from "../support/devices";
import { describeAsRoot } from "../support/namespaceMachine";
import { temporaryFolders } from "../support/temporaryFolder";
import { VolumeInPlace } from "../support/volumeInPlace";

const newFolder = temporaryFolders();

interface MountedKind {
  what: string;
  make: string;
  readOnly?: boolean;
  mount: string;
  /** Before it is mounted; `$1` is the device. */
  first?: string;
  /** Once it is mounted; `$1` is where. */
  then: string;
  /** What proves that the volume is in the state that is meant, once mounted. */
  proof: string;
}

const KEPT = 'printf precious >"$1/kept"';
const EXT4_KINDS: MountedKind[] = [
  {
    what: "an ext4 that is marked as having errors",
    make: `${EXT4}; debugfs -w -R "set_super_value state 2" "$1" 2>/dev/null`,
    mount: "-t ext4",
    then: ":",
    proof: 'tune2fs -l "$2" | grep -q "^Filesystem state:.*error"',
  },
  {
    what: "an ext4 that the kernel has made read-only because of its damage",
    make: `${EXT4}; debugfs -w -R "mkdir broken" "$1" 2>/dev/null; debugfs -w -R "clri broken" "$1" 2>/dev/null`,
    mount: "-t ext4 -o errors=remount-ro",
    then: 'ls -l "$1/broken" >/dev/null 2>&1 || true; ls -l "$1" >/dev/null 2>&1 || true; mkdir "$1/more" 2>/dev/null || true',
    proof: '! touch "$1/x" 2>/dev/null',
  },
  {
    what: "a full ext4",
    make: EXT4,
    first: fill(),
    mount: "-t ext4",
    then: ":",
    proof: '! dd if=/dev/zero of="$1/x" bs=64k count=1 2>/dev/null',
  },
  { what: "a read-only one", make: EXT4, readOnly: true, mount: "-t ext4 -o ro", then: ":", proof: '! touch "$1/x" 2>/dev/null' },
  {
    what: "one that is mounted read-only and in another place as well",
    make: EXT4,
    mount: "-t ext4 -o ro",
    then: 'mkdir -p /srv/again && mount --bind "$1" /srv/again',
    proof: "mountpoint -q /srv/again",
  },
];
const XFS: MountedKind = {
  what: "XFS",
  make: 'truncate -s 300M "$1"; mkfs.xfs -q "$1"',
  mount: "-t xfs",
  then: KEPT,
  proof: 'findmnt -rn -t xfs "$1" >/dev/null',
};
const kinds = hasProgram("mkfs.xfs") ? [...EXT4_KINDS, XFS] : EXT4_KINDS;
if (kinds.length === EXT4_KINDS.length) console.warn("SKIPPED: XFS, as mkfs.xfs is not installed");

let volume: VolumeInPlace;
afterEach(() => volume.stop());

describeAsRoot.each(["installer", "nixos"] as const)(
  "on %s releasing one that is mounted leaves what is on it, and nothing of it mounted:",
  (os) => {
    test.each(kinds.map((kind) => [kind.what, kind] as const))("%s", async (_what, kind) => {
      volume = await VolumeInPlace.start(newFolder(), os, { ...kind, then: kind.first });
      const known = volume.identity();
      const at = (command: string): string => volume.machine.sh(`set -- /srv/data ${volume.node}; ${command}`);
      at(`mkdir -p "$1"; mount ${kind.mount} "$2" "$1"; ${kind.then}`);
      at(kind.proof);

      const { code, results, stderr } = await volume.script("releaseVolume", [volume.device, "/srv/data"]);

      expect([stderr, code, results.get("use")]).toEqual([stderr, 0, "ended"]);
      expect(volume.machine.sh(`findmnt -rn -S ${volume.node} || true`)).toBe("");
      expect(volume.identity()).toBe(known);
      expect(at(`mount ${kind.mount.replace(/-o .*/, "")} -o ro "$2" "$1"; cat "$1/kept"; umount "$1"`)).toBe("precious");
    });
  },
);
