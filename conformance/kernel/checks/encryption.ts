// The life of an encrypted volume, with LUKS that is really opened: what no container can show, where the kernel gives no device mapper.
import assert from "node:assert/strict";
import { QUICK } from "../rootFileSystem";
import { type Check, type Lab, VOLUME_BYTES, type Volume } from "../lab";
import type { Outcome } from "../virtualMachine";

const MIB = 1024 * 1024;
const REFUSED = 3;
export const PASSPHRASE = "a passphrase of more than twenty characters, with a ' and a\ttab";
export const OTHER = "another passphrase of more than twenty characters";
/** Programs that end the script which calls them. */
const KILLING = ["/run/programs", QUICK];
const KEY = "/etc/secrets/volumes/home";

export const make = (lab: Lab, { device }: Volume, payload = PASSPHRASE, programs?: readonly string[]): Promise<Outcome> =>
  lab.machine.script("initialiseVolume", ["make", device, "home"], { payload, programs });
export const look = (lab: Lab, { device }: Volume): Promise<Outcome> => lab.machine.script("initialiseVolume", ["look", device, "home"]);
export const open = (lab: Lab, { device }: Volume, payload = PASSPHRASE): Promise<Outcome> =>
  lab.machine.script("openVolume", [device, "home", "devserver"], { payload });
const release = (lab: Lab, { device }: Volume): Promise<Outcome> => lab.machine.script("releaseVolume", [device, "/home", "home"]);

/** An encrypted volume with a file in it, closed. */
async function withData(lab: Lab): Promise<Volume> {
  const volume = await lab.volume();
  expectResult(await make(lab, volume), "made", "yes");
  expectResult(await open(lab, volume), "opened", "/dev/mapper/volume-home");
  await lab.machine.sh("mount /dev/mapper/volume-home /home; echo kept >/home/file");
  expectResult(await release(lab, volume), "use", "ended");
  return volume;
}

export function expectResult({ code, results, stderr }: Outcome, name: string, value: string): void {
  assert.deepEqual([code, results.get(name)], [0, value], stderr);
}

export function expectRefused({ code, stderr }: Outcome, words: RegExp): void {
  assert.equal(code, REFUSED, stderr);
  assert.match(stderr, words);
}

export const encryption: readonly Check[] = [
  {
    name: "a blank volume is initialised, opened, released, detached, attached and opened again, with its data",
    run: async (lab) => {
      const volume = await lab.volume();
      expectResult(await look(lab, volume), "found", "nothing");
      expectRefused(await open(lab, volume), /vps volume initialise devserver home/);
      // Once with the derivation of the key that is used.
      expectResult(await make(lab, volume, PASSPHRASE, []), "made", "yes");
      expectResult(await look(lab, volume), "found", "done");
      assert.match(await lab.machine.sh(`cryptsetup luksDump ${volume.device}`), /PBKDF: +argon2id[^]*Memory: +65536/);
      assert.equal(await lab.machine.sh(`ls /dev/mapper; blkid -p -o value -s TYPE ${volume.device}`), "control\ncrypto_LUKS");

      expectResult(await open(lab, volume), "opened", "/dev/mapper/volume-home");
      // On an installed machine, where somebody is in it.
      await lab.machine.become("nixos");
      await lab.machine.sh("mount /dev/mapper/volume-home /home; echo kept >/home/file; (cd /home; sleep 600 >/dev/null 2>&1 &)");
      expectResult(await release(lab, volume), "use", "ended");
      assert.equal(await lab.machine.sh("ls /dev/mapper"), "control");

      await lab.detach(volume.id);
      await lab.attach(volume.id);
      expectResult(await open(lab, volume), "opened", "/dev/mapper/volume-home");
      // Again, as a step that was cut off does.
      expectResult(await open(lab, volume), "opened", "/dev/mapper/volume-home");
      assert.equal(await lab.machine.sh("mount /dev/mapper/volume-home /home; cat /home/file"), "kept");
      expectResult(await release(lab, volume), "use", "ended");
      expectResult(await release(lab, volume), "use", "none");
    },
  },
  {
    name: "a wrong passphrase is refused in words, and changes no byte",
    run: async (lab) => {
      const volume = await withData(lab);
      const before = await lab.content(volume.id);

      expectRefused(await open(lab, volume, OTHER), /initialised with another one.*Nothing on it was changed/);
      // A newline at the end is another passphrase.
      expectRefused(await open(lab, volume, `${PASSPHRASE}\n`), /initialised with another one/);

      assert.equal(await lab.machine.sh("ls /dev/mapper"), "control");
      assert.deepEqual(await lab.content(volume.id), before);
    },
  },
  {
    name: "what is initialised is never initialised again",
    run: async (lab) => {
      const volume = await withData(lab);
      const before = await lab.content(volume.id);

      expectRefused(await make(lab, volume), /holds LUKS already/);
      expectRefused(await make(lab, volume, OTHER), /holds LUKS already/);
      assert.deepEqual(await lab.content(volume.id), before);

      await open(lab, volume);
      expectRefused(await make(lab, volume), /is open/);
    },
  },
  {
    name: "a running machine keeps a passphrase that opens the volume, and no other; with it the mounted volume grows",
    run: async (lab) => {
      const volume = await withData(lab);
      await lab.machine.become("nixos");
      const keep = (payload: string): Promise<Outcome> => lab.machine.script("keepKey", [volume.device, "home", "devserver"], { payload });
      const grow = (): Promise<Outcome> => lab.machine.script("growVolume", [volume.device, 128 * MIB, "home"]);

      expectRefused(await keep(OTHER), /initialised with another one/);
      await lab.machine.sh(`[ ! -e ${KEY} ]`);
      await open(lab, volume);
      await lab.machine.sh("mount /dev/mapper/volume-home /home");
      await lab.machine.resize(volume.id, 128 * MIB);
      expectRefused(await grow(), /passphrase of the volume home is not on this machine/);

      expectResult(await keep(PASSPHRASE), "key", "kept");
      expectResult(await keep(PASSPHRASE), "key", "there");
      assert.equal(await lab.machine.sh(`stat -c '%a %u %s' ${KEY}; stat -c %a /etc/secrets/volumes`), `600 0 ${PASSPHRASE.length}\n700`);

      // LUKS has taken the first 16 MiB.
      expectResult(await grow(), "grown", "yes 112");
      expectResult(await grow(), "grown", "already 112");
      assert.equal(await lab.machine.sh("cat /home/file"), "kept");
      assert.ok(Number(await lab.machine.sh("df --output=size -B1M /home | tail -n 1")) > 90);
      // In its new size at the next opening, too.
      expectResult(await release(lab, volume), "use", "ended");
      await open(lab, volume);
      assert.equal(await lab.machine.sh("e2fsck -fn /dev/mapper/volume-home >/dev/null && echo sound"), "sound");
    },
  },
  {
    name: "an initialisation that was killed before the file system is ended by the next one",
    run: async (lab) => {
      const volume = await lab.volume();
      await killer(lab, "mkfs.ext4", "");

      assert.notEqual((await make(lab, volume, PASSPHRASE, KILLING)).code, 0);

      expectRefused(await open(lab, volume), /initialisation of the volume home.*was cut off.*no data/);
      expectResult(await look(lab, volume), "found", "unfinished");
      expectResult(await make(lab, volume), "made", "yes");
      expectResult(await open(lab, volume), "opened", "/dev/mapper/volume-home");
    },
  },
  {
    name: "an initialisation that was killed before the file system may be ended with another passphrase",
    run: async (lab) => {
      const volume = await lab.volume();
      await killer(lab, "mkfs.ext4", "");
      await make(lab, volume, PASSPHRASE, KILLING);
      await look(lab, volume);

      expectResult(await make(lab, volume, OTHER), "made", "yes");

      expectRefused(await open(lab, volume), /initialised with another one/);
      expectResult(await open(lab, volume, OTHER), "opened", "/dev/mapper/volume-home");
    },
  },
  {
    name: "an initialisation that was killed when the file system was made is ended, and with another passphrase it is refused",
    run: async (lab) => {
      const volume = await lab.volume();
      await killer(lab, "mkfs.ext4", '/usr/bin/mkfs.ext4 "$@"; sync');
      await make(lab, volume, PASSPHRASE, KILLING);
      expectResult(await look(lab, volume), "found", "unfinished");
      const before = await lab.content(volume.id);

      expectRefused(await make(lab, volume, OTHER), /is not empty/);

      assert.deepEqual(await lab.content(volume.id), before);
      expectResult(await make(lab, volume), "made", "yes");
    },
  },
  {
    name: "data that got onto a volume whose initialisation was not ended are not made over",
    run: async (lab) => {
      const volume = await lab.volume();
      await killer(lab, "mkfs.ext4", '/usr/bin/mkfs.ext4 "$@"; sync');
      await make(lab, volume, PASSPHRASE, KILLING);
      await look(lab, volume);
      await lab.machine.sh(`printf %s ${quoted(PASSPHRASE)} | cryptsetup open --key-file=- ${volume.device} byHand
        mount /dev/mapper/byHand /home; echo precious >/home/file; umount /home; cryptsetup close byHand`);
      const before = await lab.content(volume.id);

      expectRefused(await make(lab, volume), /has been mounted .*so it may hold data/);

      assert.deepEqual(await lab.content(volume.id), before);
    },
  },
  {
    name: "an initialisation in which the server lost its power is ended by the next one",
    run: async (lab) => {
      const volume = await lab.volume();
      // With the real derivation of the key, which leaves time between the header and the place for the passphrase in it.
      const cut = make(lab, volume, PASSPHRASE, []).catch(() => undefined);
      await lab.untilOnDisk(volume.id, "nixos-vps initialising");
      await lab.powerCut();
      await cut;
      await lab.machine.become("installer");
      await lab.attach(volume.id);

      expectResult(await look(lab, volume), "found", "unfinished");
      expectResult(await make(lab, volume), "made", "yes");
      expectResult(await open(lab, volume), "opened", "/dev/mapper/volume-home");
      assert.ok(Number(await lab.machine.sh("blockdev --getsize64 /dev/mapper/volume-home")) === VOLUME_BYTES - 16 * MIB);
    },
  },
];

/** A program in front of the real one that ends the script which called it, as a SIGKILL does. */
async function killer(lab: Lab, name: string, first: string): Promise<void> {
  await lab.machine.sh(
    `mkdir -p /run/programs; printf '%s\\n' '#!/bin/bash' ${quoted(first)} 'kill -9 "$PPID"' >/run/programs/${name}; chmod +x /run/programs/${name}`,
  );
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
