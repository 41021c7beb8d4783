import { access } from "node:fs/promises";
import { join } from "node:path";
import { asRoot, containing, rig, type Rig } from "./support";
import { installed } from "./installed";
import { evaluator } from "./systems";

asRoot("what a machine's disk holds, and what boots in its place", () => {
  let it: Rig;
  beforeEach(async () => {
    it = await rig({ evaluator });
  });
  afterEach(() => it.close());

  const booted = async (begin: () => Promise<unknown>, as: RegExp): Promise<void> => {
    const since = it.journal.entries.length;
    await begin();
    await it.until(as, since);
  };
  const hostKey = (serverId: number) => it.on(serverId, "cut -d ' ' -f 2 /etc/ssh/ssh_host_ed25519_key.pub");

  test("a snapshot of a running cloud image boots as another server with its files, under the new server's name and host key", async () => {
    await it.server(1);
    await it.on(1, "echo precious >/root/file; ln -s /etc/passwd /root/link");
    const before = await hostKey(1);

    expect(await it.host.createImage?.(1, 50)).toBeGreaterThan(0);
    expect(await it.on(1, "echo later >>/root/file; cat /root/file")).toBe("precious\nlater");
    await it.host.destroy(1);
    const userData = "#cloud-config\nusers:\n  - name: bob\nruncmd:\n  - echo ran >/root/ran\n";
    await it.server(2, { snapshot: 50, userData });

    expect(await it.on(2, "cat /root/file /root/ran; hostname; readlink /root/link; id -un bob")).toBe(
      "precious\nran\nserver-2\n/etc/passwd\nbob",
    );
    expect(await hostKey(2)).not.toBe(before);
  });

  test("a machine put back to its own snapshot is as it was, with its host key", async () => {
    await it.server(1);
    await it.on(1, "echo precious >/root/file");
    const before = await hostKey(1);
    await it.host.createImage?.(1, 50);
    await it.on(1, "rm /root/file");

    await booted(() => it.host.rebuild(1, "debian-13", 50), /^boot image/);

    expect(await it.on(1, "cat /root/file")).toBe("precious");
    expect(await hostKey(1)).toBe(before);
    await booted(() => it.host.rebuild(1, "debian-13"), /^boot image/);
    expect(await it.ssh(1, "cat /root/file")).toMatchObject({ code: 1 });
  });

  test("a snapshot of NixOS boots as that system on another server, with nothing of cloud-init's", async () => {
    await installed(it, 1);
    await it.on(1, "echo precious >/root/file");
    const before = `${await it.on(1, "readlink -f /run/current-system")} ${await hostKey(1)}`;
    await it.host.createImage?.(1, 50);

    await it.server(2, { snapshot: 50, authorizedKeys: [] });

    expect(`${await it.on(2, "readlink -f /run/current-system")} ${await hostKey(2)}`).toBe(before);
    expect(await it.on(2, "cat /root/file; hostname")).toBe("precious\ndevserver");
  });

  test("what a machine left on its disk leads nobody out of it when a snapshot becomes another server's", async () => {
    await it.server(1);
    const outside = join(it.folder, "outside");
    await it.on(1, `rm -rf /etc/ssh /root/.ssh && ln -s ${outside} /etc/ssh && ln -s ${outside} /root/.ssh`).catch(() => undefined);
    await it.host.createImage?.(1, 50);

    await it.host.create(it.spec(2, { snapshot: 50 }));
    await booted(() => it.host.powerOn(2), /^boot /);

    await expect(access(outside)).rejects.toThrow("ENOENT");
  });

  test("an image that was deleted takes no room, and nobody boots from it", async () => {
    await it.server(1);
    await it.host.createImage?.(1, 50);
    await it.host.deleteImage?.(50);
    await expect(access(join(it.folder, "images/50"))).rejects.toThrow("ENOENT");
    await expect(it.host.create(it.spec(2, { snapshot: 50 }))).rejects.toThrow("image 50 holds no disk");
  });

  test("the rescue system boots once, lets in who it was told to, and reads and mends the disk", async () => {
    await it.server(1, { authorizedKeys: [] });
    expect(await it.ssh(1, "true")).toMatchObject({ code: 255 });
    const told: number[] = [];
    it.host.onRescue?.((serverId) => told.push(serverId));

    await it.host.setRescue?.(1, [it.publicKey]);
    await booted(() => it.host.reset(1), /^boot rescue system/);
    expect(told).toEqual([1]);
    expect(await it.on(1, "hostname; mount /dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_* /mnt && cat /mnt/etc/hostname")).toBe(
      "rescue\nserver-1",
    );
    await it.on(1, "cat /root/.ssh/authorized_keys >/mnt/root/.ssh/authorized_keys; umount /mnt");

    await booted(() => it.ssh(1, "reboot"), /^boot image/);
    expect(await it.on(1, "hostname")).toBe("server-1");
  });

  test("a rescue system that was called off does not boot", async () => {
    await it.server(1);
    await it.host.setRescue?.(1, [it.publicKey]);
    await it.host.setRescue?.(1, null);
    await booted(() => it.host.reset(1), /^boot image/);
  });

  test("an ISO boots before the disk and answers nobody, until it is taken out", async () => {
    await it.server(1);
    await it.host.setIso?.(1, "nixos-minimal");
    await booted(() => it.host.reset(1), /^boot iso nixos-minimal/);
    expect(await it.ssh(1, "true")).toMatchObject({ code: 255, stderr: containing("timed out") });

    await it.host.setIso?.(1, null);
    await booted(() => it.host.reset(1), /^boot image/);
    expect(await it.ssh(1, "true")).toMatchObject({ code: 0 });
  });

  test("automount mounts a volume on a cloud image, now, at its boot and at every one after, and nothing on NixOS", async () => {
    await it.host.createVolume(7, 10, "ext4");
    await it.host.createVolume(8, 10, "ext4");
    await it.host.create(it.spec(1));
    await it.host.attachVolume(1, 7, { automount: true });
    await booted(() => it.host.powerOn(1), /^boot image/);
    await it.host.attachVolume(1, 8, { automount: true });

    const mounted = "findmnt -rno TARGET /mnt/HC_Volume_7; findmnt -rno TARGET /mnt/HC_Volume_8; grep -c HC_Volume /etc/fstab";
    expect(await it.on(1, mounted)).toBe("/mnt/HC_Volume_7\n/mnt/HC_Volume_8\n2");
    await booted(() => it.ssh(1, "reboot"), /^boot image/);
    expect(await it.on(1, mounted)).toBe("/mnt/HC_Volume_7\n/mnt/HC_Volume_8\n2");

    await it.ssh(1, "poweroff");
    await it.until("power off (clean)");
    await it.host.detachVolume(1, 8);
    await installed(it, 2);
    await it.host.attachVolume(2, 8, { automount: true });
    expect(await it.ssh(2, "findmnt /mnt/HC_Volume_8")).toMatchObject({ code: 1 });
    expect(it.journal.violations()).toEqual([]);
  });
});
