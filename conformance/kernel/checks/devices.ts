// Whatever could stand in an encrypted volume's place, against every script that touches one: each has an answer in words, and no byte is
// changed on anything but what is proved to be empty.
import assert from "node:assert/strict";
import type { Check, Lab, Volume } from "../lab";
import type { Outcome } from "../virtualMachine";
import { expectRefused, expectResult, look, make, open, OTHER, PASSPHRASE } from "./encryption";

const MIB = 1024 * 1024;
const LUKS = `luksFormat --batch-mode --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file=-`;
const luks = (options: string, passphrase = PASSPHRASE): string => `printf %s ${quoted(passphrase)} | cryptsetup ${LUKS} ${options} "$1"`;
/** bash that runs with the LUKS in `$1` open as `inner`. */
const inside = (text: string): string =>
  `printf %s ${quoted(PASSPHRASE)} | cryptsetup open --key-file=- "$1" inner; ${text}; cryptsetup close inner`;
const MBR = String.raw`printf '\0\0\0\0\203\0\0\0\0\010\0\0\0\020\0\0' | dd of="$1" bs=1 seek=446 conv=notrunc status=none; printf '\125\252' | dd of="$1" bs=1 seek=510 conv=notrunc status=none`;
const byteAt = (offset: number): string => `printf x | dd of="$1" bs=1 seek=${offset} conv=notrunc status=none`;

interface Kind {
  what: string;
  /** Makes it of the blank device `$1`. */
  is: string;
  bytes?: number;
  /** How opening it is refused. */
  open: RegExp;
  /** How initialising it is refused; undefined where it is not, which the other checks are about. */
  make?: RegExp;
}

const KINDS: readonly Kind[] = [
  { what: "a blank one", is: ":", open: /nothing could be recognised.*vps volume initialise devserver home/s },
  {
    what: "a single byte at its end",
    is: byteAt(48 * MIB - 1),
    open: /nothing could be recognised/,
    make: /is not empty, although nothing/,
  },
  { what: "a single byte behind a header's place", is: byteAt(17 * MIB), open: /nothing could be recognised/, make: /is not empty/ },
  {
    what: "random data",
    is: 'head -c 4M /dev/urandom | dd of="$1" conv=notrunc status=none',
    open: /nothing could be recognised/,
    make: /is not empty/,
  },
  { what: "an ext4", is: 'mkfs.ext4 -q "$1"', open: /holds an ext4 without encryption/, make: /holds ext4, so it is not empty/ },
  { what: "an XFS", is: 'mkfs.xfs -q "$1"', bytes: 320 * MIB, open: /holds xfs, not LUKS/, make: /holds xfs/ },
  { what: "swap", is: 'mkswap "$1" >/dev/null', open: /holds swap, not LUKS/, make: /holds swap/ },
  { what: "a partition table", is: MBR, open: /has a partition table \(dos\)/, make: /has a partition table \(dos\)/ },
  { what: "LUKS in its first version", is: luks("--type luks1"), open: /first version.*luksHeaderBackup/, make: /holds LUKS already/ },
  {
    what: "LUKS of somebody else",
    is: luks("--type luks2", OTHER),
    open: /initialised with another one/,
    make: /holds LUKS already/,
  },
  {
    what: "LUKS with nothing in it, made by hand",
    is: luks("--type luks2"),
    open: /nothing that could be recognised and not ext4/,
    make: /holds LUKS already/,
  },
  {
    what: "LUKS with an ext2 in it",
    is: `${luks("--type luks2")}; ${inside("mkfs.ext2 -q /dev/mapper/inner")}`,
    open: /in its LUKS is ext2 and not ext4/,
    make: /holds LUKS already/,
  },
  {
    what: "LUKS whose place for the passphrase was destroyed",
    is: `${luks("--type luks2")}; cryptsetup luksKillSlot --batch-mode "$1" 0`,
    open: /could not be opened/,
    make: /holds LUKS already/,
  },
];

export const devices: readonly Check[] = [
  ...KINDS.map((kind): Check => ({
    name: `${kind.what}: refused in words, and left as it is`,
    run: async (lab) => {
      const volume = await lab.volume(kind.is, kind.bytes);
      const before = await lab.content(volume.id);
      const unchanged = async (script: string, outcome: Outcome): Promise<void> => {
        assert.deepEqual(await lab.content(volume.id), before, `${script} changed it or left it open: ${outcome.stderr}`);
      };
      const opened = await open(lab, volume);
      await unchanged("openVolume", opened);
      expectRefused(opened, kind.open);
      if (kind.make) {
        const made = await make(lab, volume);
        await unchanged("initialiseVolume", made);
        expectRefused(made, kind.make);
      }
      await unchanged("initialiseVolume look", await look(lab, volume));
      await lab.machine.become("nixos");
      for (const [name, args, payload] of scripts(volume)) await unchanged(name, await lab.machine.script(name, args, { payload }));
    },
  })),
  {
    name: "an unfinished one that never got a place for its passphrase is begun anew",
    run: async (lab) => {
      const volume = await unfinished(lab);
      await lab.machine.sh(`cryptsetup luksKillSlot --batch-mode ${volume.device} 0`);

      expectRefused(await open(lab, volume), /was cut off, and no data is on it/);
      expectResult(await look(lab, volume), "found", "unfinished");
      expectResult(await make(lab, volume), "made", "yes");
      expectResult(await open(lab, volume), "opened", "/dev/mapper/volume-home");
    },
  },
  {
    name: "an unfinished one with something behind its header is not begun anew, whatever became of its passphrase",
    run: async (lab) => {
      const volume = await unfinished(lab);
      await lab.machine.sh(`set -- ${volume.device}; cryptsetup luksKillSlot --batch-mode "$1" 0; ${byteAt(40 * MIB)}`);
      const before = await lab.content(volume.id);

      expectRefused(await make(lab, volume), /is not empty/);

      assert.deepEqual(await lab.content(volume.id), before);
    },
  },
  {
    name: "a LUKS whose first header was overwritten is still one: it is opened by its second, with its data, and never made anew",
    run: async (lab) => {
      const volume = await lab.volume();
      expectResult(await make(lab, volume), "made", "yes");
      await lab.machine.sh(`set -- ${volume.device}; ${inside("mount /dev/mapper/inner /home; echo kept >/home/file; umount /home")}
        dd if=/dev/zero of="$1" bs=4096 count=1 conv=notrunc status=none`);

      expectRefused(await make(lab, volume), /holds LUKS already/);

      expectResult(await open(lab, volume), "opened", "/dev/mapper/volume-home");
      assert.equal(await lab.machine.sh("mount /dev/mapper/volume-home /home; cat /home/file"), "kept");
    },
  },
  {
    name: "what is open under the volume's name but lies on another device is not taken for the volume",
    run: async (lab) => {
      const [volume, foreign] = [await lab.volume(luks("--type luks2")), await lab.volume(luks("--type luks2"))];
      await lab.machine.sh(`printf %s ${quoted(PASSPHRASE)} | cryptsetup open --key-file=- ${foreign.device} volume-home`);

      expectRefused(await open(lab, volume), /lies on another device/);
    },
  },
  {
    name: "an opened volume is mounted for an installation like any other, by its own identity, and is let go of whole",
    run: async (lab) => {
      const volume = await lab.volume();
      expectResult(await make(lab, volume), "made", "yes");
      expectResult(await open(lab, volume), "opened", "/dev/mapper/volume-home");
      await lab.machine.sh("mount -t tmpfs none /mnt");
      const mapped = "/dev/mapper/volume-home";
      const mount = (...uuid: string[]): Promise<Outcome> => lab.machine.script("mountForInstall", [mapped, "/home", ".nix", ...uuid]);

      expectResult(await mount(), "mounted", "/mnt/home");
      await lab.machine.sh("echo kept >/mnt/nix/file; umount /mnt/nix /mnt/home");
      const uuid = await lab.machine.sh(`blkid -p -o value -s UUID ${mapped}`);
      expectRefused(await mount("00000000-0000-0000-0000-000000000000"), /now has another one/);
      expectResult(await mount(uuid), "mounted", "/mnt/home");
      assert.equal(await lab.machine.sh("cat /mnt/home/.nix/file"), "kept");

      expectResult(await lab.machine.script("releaseVolume", [volume.device, "/home", "home"]), "use", "ended");
      assert.equal(await lab.machine.sh("ls /dev/mapper; findmnt -rn -o TARGET | grep ^/mnt"), "control\n/mnt");
    },
  },
  {
    name: "an opened volume that a container has in mounts of its own is no free one, and stays open, until the container has ended",
    run: async (lab) => {
      const volume = await lab.volume();
      expectResult(await make(lab, volume), "made", "yes");
      expectResult(await open(lab, volume), "opened", "/dev/mapper/volume-home");
      const release = (): Promise<Outcome> => lab.machine.script("releaseVolume", [volume.device, "/home", "home"]);
      const container = await lab.machine.sh(`mount /dev/mapper/volume-home /home
        unshare -m sleep 1000 </dev/null >/dev/null 2>&1 & echo $!
        until [ "$(readlink /proc/$!/ns/mnt)" != "$(readlink /proc/self/ns/mnt)" ]; do sleep 0.1; done`);

      const { results } = await release();
      assert.match(results.get("use"), /^system in the installer it is not mounted here any more but still in use.* sleep \(\d+\)/);
      assert.equal(await lab.machine.sh("findmnt -rn -o TARGET /home || true; ls /dev/mapper"), "control\nvolume-home");

      await lab.machine.sh(`kill -KILL ${container}`);
      expectResult(await release(), "use", "ended");
      assert.equal(await lab.machine.sh("ls /dev/mapper"), "control");
    },
  },
];

/** A LUKS as a cut-off initialisation leaves it. */
function unfinished(lab: Lab): Promise<Volume> {
  return lab.volume(luks("--type luks2 --subsystem 'nixos-vps initialising' --offset 32768"));
}

/** What else gets to see a volume on a running machine: name, arguments, what follows on stdin. */
function scripts({ device }: Volume): [string, (string | number)[], string][] {
  return [
    ["keepKey", [device, "home", "devserver"], PASSPHRASE],
    ["growVolume", [device, 48 * MIB, "home"], ""],
    ["releaseVolume", [device, "/home", "home"], ""],
    ["knownVolume", [device, "00000000-0000-0000-0000-000000000000", "/home"], ""],
  ];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
