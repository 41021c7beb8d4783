// growVolume on a file system that is mounted and in use: what loop devices in a container cannot show, where the kernel grows none online.
import assert from "node:assert/strict";
import type { Check } from "../lab";

const MIB = 1024 * 1024;
const REFUSED = 3;

export const growth: readonly Check[] = [
  {
    name: "a mounted ext4 fills its volume, which has grown, while a file in it is written",
    run: async (lab) => {
      const { id, device } = await lab.volume('mkfs.ext4 -q "$1"; mount "$1" /home; echo kept >/home/file');
      const before = await lab.machine.sh("findmnt -rn -o SOURCE,ID /home");
      await lab.machine.sh("(while :; do echo line; done >/home/log 2>/dev/null & echo $! >/run/writer)");
      await lab.machine.resize(id, 160 * MIB);

      const { code, results, stderr } = await lab.machine.script("growVolume", [device, 160 * MIB]);

      assert.deepEqual([code, results.get("grown")], [0, "yes 160"], stderr);
      assert.match(stderr, /on-line resizing required/);
      await lab.machine.sh("kill $(cat /run/writer); rm -f /home/log");
      assert.equal(await lab.machine.sh("findmnt -rn -o SOURCE,ID /home"), before);
      assert.ok(Number(await lab.machine.sh("df --output=size -B1M /home | tail -n 1")) > 130);
      assert.equal((await lab.machine.script("growVolume", [device, 160 * MIB])).results.get("grown"), "already 160");
      assert.equal(await lab.machine.sh(`cat /home/file; umount /home; e2fsck -fn ${device} >/dev/null && echo sound`), "kept\nsound");
    },
  },
  {
    name: "an ext4 that is not mounted is left for the next mount",
    run: async (lab) => {
      const { id, device } = await lab.volume('mkfs.ext4 -q "$1"');
      await lab.machine.resize(id, 96 * MIB);
      const before = await lab.content(id);

      assert.equal((await lab.machine.script("growVolume", [device, 96 * MIB])).results.get("grown"), "later");

      assert.deepEqual(await lab.content(id), before);
    },
  },
  // The kernel (6.1) writes no more in the second case, and yet shows the mount as "rw": what the superblock says has to be asked for.
  ...["continue", "remount-ro"].map((errors): Check => ({
    name: `an ext4 in which the kernel has found an error (errors=${errors}) is refused`,
    run: async (lab) => {
      const { id, device } = await lab.volume(`mkfs.ext4 -q "$1"; mount -o errors=${errors} "$1" /home`);
      await lab.machine.sh(`node=$(readlink -f ${device}); echo 1 >"/sys/fs/ext4/\${node##*/}/trigger_fs_error"`);
      await lab.machine.resize(id, 96 * MIB);

      const { code, stderr } = await lab.machine.script("growVolume", [device, 96 * MIB]);

      assert.equal(code, REFUSED, stderr);
      assert.match(stderr, /marked as having errors.*Restart the machine/s);
    },
  })),
  {
    name: "an ext4 that is mounted read-only is refused",
    run: async (lab) => {
      const { id, device } = await lab.volume('mkfs.ext4 -q "$1"; mount -o ro "$1" /home');
      await lab.machine.resize(id, 96 * MIB);

      const { code, stderr } = await lab.machine.script("growVolume", [device, 96 * MIB]);

      assert.equal(code, REFUSED, stderr);
      assert.match(stderr, /mounted read-only/);
    },
  },
  {
    name: "a size that the volume does not have is not believed",
    run: async (lab) => {
      const { device } = await lab.volume('mkfs.ext4 -q "$1"; mount "$1" /home');

      const { code, stderr } = await lab.machine.script("growVolume", [device, 96 * MIB]);

      assert.equal(code, REFUSED, stderr);
      assert.match(stderr, /the kernel still sees \d+ bytes/);
    },
  },
];
