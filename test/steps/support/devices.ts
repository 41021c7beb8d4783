// Every kind of device that could stand in a volume's place, made for real.
import { spawnSync } from "node:child_process";

/** An ext4 as it was made. */
export const NEW_EXT4 = 'mkfs.ext4 -q "$1"';

/** An ext4 with a file in it, which has been mounted before. */
export const EXT4 = 'mkfs.ext4 -q "$1"; echo precious >"$1.txt"; debugfs -w -R "write $1.txt kept" "$1" 2>/dev/null';
const WITH_STORE = `${EXT4}; debugfs -w -R "mkdir .nix" "$1" 2>/dev/null`;
const MBR = String.raw`printf '\0\0\0\0\203\0\0\0\0\010\0\0\0\020\0\0' | dd of="$1" bs=1 seek=446 conv=notrunc status=none; printf '\125\252' | dd of="$1" bs=1 seek=510 conv=notrunc status=none`;

export interface Kind {
  what: string;
  /** Makes it of the file `$1`. */
  make: string;
  /** Program that making it needs beside what every Debian has. */
  needs?: string;
  /** Once it is a device, `$1`. */
  then?: string;
  readOnly?: boolean;
  /** An ext4 without any error, with the file in it. */
  sound?: true;
  /** How mounting it for an installation ends: mounted, or refused with these words. */
  install: "mounted" | RegExp;
}

const ALL: Kind[] = [
  { what: "a blank one", make: ":", install: /no file system that could be recognised.*never here/s },
  { what: "random data", make: 'head -c 1M /dev/urandom | dd of="$1" conv=notrunc status=none', install: /no file system/ },
  { what: "a good ext4", make: EXT4, sound: true, install: "mounted" },
  {
    what: "an ext4 of somebody else, full of files and with no place of ours",
    make: `${EXT4}; for n in etc boot www; do debugfs -w -R "mkdir $n" "$1" 2>/dev/null; done; tune2fs -L elsewhere "$1" >/dev/null`,
    sound: true,
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
    sound: true,
    install: /could not be made on the volume.*If it is full, raise its size/,
  },
  { what: "a full one with a store", make: WITH_STORE, then: fill(), sound: true, install: "mounted" },
  { what: "a read-only one", make: WITH_STORE, readOnly: true, sound: true, install: /is read-only/ },
];

/** Fills the ext4 on the device `$1` to the last byte. */
export function fill(): string {
  return 'm=$(mktemp -d); mount "$1" "$m"; dd if=/dev/zero of="$m/filler" bs=64k status=none 2>/dev/null || true; while echo x >>"$m/last" 2>/dev/null; do :; done; umount "$m"; rmdir "$m"';
}

/** All that can be made here; what cannot is said. */
export function kinds(): Kind[] {
  return ALL.filter(({ what, needs }) => {
    const can = needs === undefined || hasProgram(needs);
    if (!can) console.warn(`SKIPPED: ${what} cannot be made, as ${needs} is not installed`);
    return can;
  });
}

export function hasProgram(name: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;
}
