// The boot of a machine with encrypted volumes, by a real systemd, with the fstab and the crypttab that NixOS has for it: it opens them by
// itself, in the right order, and also when they come late.
import assert from "node:assert/strict";
import { EARLY, LATE } from "../example";
import type { Check, Lab, Volume } from "../lab";
import { expectRefused, expectResult, OTHER, PASSPHRASE } from "./encryption";

const MIB = 1024 * 1024;
const KEY = "/etc/secrets/volumes/media";
const OPENING = String.raw`systemd-cryptsetup@volume\x2dmedia.service`;
/** What the installation of a system notes whose volumes come later (steps/nixosAnywhere/extraFiles.ts). */
const UNCHECKED = "/var/lib/nixos-vps/volumes-unchecked";
/** Only to fail in words where a check would hang. */
const POLLS = 600;

export const boot: readonly Check[] = [
  {
    name: "the initrd opens the volume of the store with the key on the root disk, when that is mounted, and mounts it",
    run: async (lab) => {
      const volume = await withData(lab, "home");
      const root = await lab.volume(
        `mkfs.ext4 -q "$1"; mount "$1" /mnt; mkdir -p /mnt/etc/secrets/volumes /mnt/home; printf %s ${quoted(PASSPHRASE)} >/mnt/etc/secrets/volumes/home; umount /mnt`,
      );
      await lab.bootSystemd(
        {
          stage: "initrd",
          fstab: EARLY.fstab.replace("/dev/disk/by-partlabel/disk-main-root", root.device),
          crypttab: EARLY.crypttab.replace("/dev/disk/by-id/scsi-0HC_Volume_101", volume.device),
        },
        [root, volume],
      );
      await until(lab, "systemctl is-active --quiet initrd.target");

      assert.equal(await lab.machine.sh("findmnt -rn -o SOURCE /sysroot/home; cat /sysroot/home/file"), "/dev/mapper/volume-home\nkept");
      const since = (unit: string): Promise<string> =>
        lab.machine.sh(`systemctl show -p ActiveEnterTimestampMonotonic --value ${quoted(unit)}`);
      const order: number[] = [];
      for (const unit of ["sysroot.mount", String.raw`systemd-cryptsetup@volume\x2dhome.service`, "sysroot-home.mount"]) {
        order.push(Number(await since(unit)));
      }
      assert.deepEqual(
        order,
        [...order].sort((one, other) => one - other),
      );
      assert.ok(order.every((time) => time > 0));
    },
  },
  {
    name: "a loose volume: the machine boots without it, opens and mounts it when it comes, and again after it was released",
    run: async (lab) => {
      const volume = await withData(lab, "media");
      await bootWithout(lab, volume);
      assert.equal(await lab.machine.sh("systemctl is-active srv-media.mount || true"), "inactive");

      await lab.attach(volume.id);
      await until(lab, "[ -e /srv/media/file ]");
      assert.equal(await lab.machine.sh("findmnt -rn -o SOURCE /srv/media; cat /srv/media/file"), "/dev/mapper/volume-media\nkept");

      const release = (): Promise<void> => releaseAll(lab, volume);
      await release();
      // Nobody mounts it now: not who asks for it, and not when it is seen anew.
      assert.match(await lab.machine.sh("systemctl start srv-media.mount 2>&1 || true"), /Unit srv-media.mount is masked/);
      const { code, results, stderr } = await lab.machine.script("mountNow", ["/srv/media"]);
      assert.deepEqual([code, results.get("mounted")], [0, "/srv/media"], stderr);
      assert.equal(await lab.machine.sh("cat /srv/media/file"), "kept");

      // Detached, made bigger and attached again: it comes back with the lease, as big as it is now.
      await release();
      await lab.detach(volume.id);
      await lab.attach(volume.id);
      await until(lab, `[ -e ${volume.device} ]`);
      expectResult(await lab.machine.script("allowMount", [volume.device, "/srv/media"]), "allowed", "now");
      await until(lab, "[ -e /srv/media/file ]");
      await release();
      await lab.machine.resize(volume.id, 128 * MIB);
      await until(
        lab,
        `echo 1 >"/sys/class/block/$(basename "$(readlink -f ${volume.device})")/device/rescan"; [ "$(blockdev --getsize64 ${volume.device})" = ${128 * MIB} ]`,
      );
      expectResult(await lab.machine.script("mountNow", ["/srv/media"]), "mounted", "/srv/media");
      await until(lab, '[ "$(df --output=size -B1M /srv/media | tail -n 1)" -gt 90 ]');
    },
  },
  {
    name: "a loose volume that nobody has looked at yet: what comes is mounted nowhere, what needs the mount fails, and mountNow mounts it",
    run: async (lab) => {
      const volume = await withData(lab, "media");
      await bootWithout(lab, volume, {
        "etc/systemd/system/srv-media.mount.d/overrides.conf": LATE.looked,
        [UNCHECKED.slice(1)]: "",
        "etc/systemd/system/needs.service":
          "[Unit]\nRequiresMountsFor=/srv/media\n[Service]\nType=oneshot\nExecStart=/bin/bash -c 'echo wrote >/srv/media/wrote'\n",
      });
      await lab.attach(volume.id);
      // Opened as always; the mount was tried, and is not.
      await until(
        lab,
        "[ -e /dev/mapper/volume-media ] && [ $(systemctl show -p AssertTimestampMonotonic --value srv-media.mount) -gt 0 ]",
      );
      const asserted = await lab.machine.sh(
        "systemctl show -p AssertResult --value srv-media.mount; systemctl is-active srv-media.mount || true",
      );
      assert.equal(asserted, "no\ninactive");
      assert.equal(
        await lab.machine.sh("systemctl start needs.service 2>/dev/null || echo failed; ls -A /srv/media 2>/dev/null || true"),
        "failed",
      );

      expectResult(await lab.machine.script("mountNow", ["/srv/media"]), "mounted", "/srv/media");

      assert.equal(await lab.machine.sh(`cat /srv/media/file; ls ${UNCHECKED} 2>/dev/null || echo gone`), "kept\ngone");
      await lab.machine.sh("systemctl start needs.service; cat /srv/media/wrote");
    },
  },
  {
    name: "a loose volume with a wrong key, or none: nobody is asked, the machine runs, and with the right key it is mounted",
    run: async (lab) => {
      const volume = await withData(lab, "media");
      await bootWithout(lab, volume);
      for (const wrong of [`printf %s ${quoted(OTHER)} >${KEY}`, `rm -f ${KEY}`]) {
        await lab.machine.sh(wrong);
        if (!lab.has(volume.id)) await lab.attach(volume.id);

        expectRefused(await lab.machine.script("mountNow", ["/srv/media"]), /srv-media\.mount did not start/);

        assert.equal(await lab.machine.sh(`systemctl is-failed ${quoted(OPENING)}; ls /dev/mapper`), "failed\ncontrol");
        assert.equal(await lab.machine.sh("systemctl list-jobs --no-legend"), "");
      }
      await lab.machine.sh(`printf %s ${quoted(PASSPHRASE)} >${KEY}`);
      expectResult(await lab.machine.script("mountNow", ["/srv/media"]), "mounted", "/srv/media");
      assert.equal(await lab.machine.sh("cat /srv/media/file"), "kept");
    },
  },
];

/** An encrypted volume of this name with a file in it, on no machine. */
async function withData(lab: Lab, name: string): Promise<Volume> {
  const volume = await lab.volume();
  const { device } = volume;
  expectResult(await lab.machine.script("initialiseVolume", ["make", device, name], { payload: PASSPHRASE }), "made", "yes");
  await lab.machine.sh(`printf %s ${quoted(PASSPHRASE)} | cryptsetup open --key-file=- ${device} inner
    mount /dev/mapper/inner /home; echo kept >/home/file; umount /home; cryptsetup close inner`);
  return volume;
}

/** The system with the volume "media" in its tables, and not attached. */
async function bootWithout(lab: Lab, { id }: Volume, more: Record<string, string> = {}): Promise<void> {
  const forThis = (text: string): string => text.replaceAll("HC_Volume_102", `HC_Volume_${id}`);
  await lab.bootSystemd(
    {
      stage: "system",
      fstab: forThis(LATE.fstab),
      crypttab: forThis(LATE.crypttab),
      files: { [KEY.slice(1)]: PASSPHRASE, "etc/os-release": "ID=nixos\n", ...more },
    },
    [],
  );
  await until(lab, "systemctl is-active --quiet multi-user.target");
}

async function releaseAll(lab: Lab, { device }: Volume): Promise<void> {
  expectResult(await lab.machine.script("releaseVolume", [device, "/srv/media", "media"]), "use", "ended");
  assert.equal(await lab.machine.sh("ls /dev/mapper"), "control");
}

async function until(lab: Lab, condition: string): Promise<void> {
  await lab.machine.sh(`for _ in $(seq ${POLLS}); do if ${condition}; then return 0; fi; sleep 0.2; done
    systemctl list-units --all --no-pager --plain --no-legend 'srv*' 'sysroot*' 'systemd-crypt*' 'dev-mapper*' '*.target' >&2; systemctl list-jobs --no-pager >&2; return 1`);
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
