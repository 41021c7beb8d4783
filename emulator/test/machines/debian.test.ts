import { asRoot, containing, knownHosts, newHostKey, rig, type Rig, run, userDataWith } from "./support";

asRoot("a server with a cloud image", () => {
  let it: Rig;
  beforeEach(async () => {
    it = await rig();
  });
  afterEach(() => it.close());

  test("answers ssh with the host key that cloud-init was given, and no other", async () => {
    const hostKey = await newHostKey(it.folder, "given");
    const other = await newHostKey(it.folder, "other");
    await it.server(1, { userData: userDataWith(hostKey) });
    const pinnedTo = async (publicKey: string) => {
      const file = await knownHosts(it.folder, "pinned", publicKey);
      const args = ["-o", `UserKnownHostsFile=${file}`, "-o", "StrictHostKeyChecking=yes", "-o", "HostKeyAlias=pinned"];
      return it.ssh(1, "hostname", { args });
    };

    expect(await pinnedTo(hostKey.publicKey)).toMatchObject({ code: 0, stdout: "server-1\n" });
    expect(await pinnedTo(other.publicKey)).toMatchObject({ code: 255, stderr: containing("Host key verification failed") });
  });

  test("lets in only the keys it was given", async () => {
    const { privateKey } = await newHostKey(it.folder, "stranger");
    expect(privateKey).toContain("PRIVATE KEY");
    await it.server(1);

    expect(await it.ssh(1, "true", { key: `${it.folder}/stranger` })).toMatchObject({
      code: 255,
      stderr: containing("Permission denied"),
    });
    expect(await it.ssh(1, "true", { user: "nobody-here" })).toMatchObject({ code: 255 });
    expect(await it.ssh(1, "true")).toMatchObject({ code: 0 });
  });

  test("runs commands with their stdin, stdout, stderr and exit code", async () => {
    await it.server(1);
    const input = "x".repeat(3_000_000);

    const result = await it.ssh(1, "cat /dev/stdin; echo complaint >/dev/stderr; exit 7", { input });

    expect(result.code).toBe(7);
    expect(result.stdout.length).toBe(input.length);
    expect(result.stderr).toBe("complaint\n");
  });

  test("sees an attached volume as a block device with a real ext4, and what is written there is on the next server", async () => {
    await it.server(1);
    await it.server(2);
    await it.host.createVolume(7, 10, "ext4");
    const device = "/dev/disk/by-id/scsi-0HC_Volume_7";
    await it.host.attachVolume(1, 7);
    expect(await it.on(1, `[ -b ${device} ] && blkid -p -o value -s TYPE ${device}`)).toBe("ext4");
    await it.on(1, `mkdir -p /mnt && mount ${device} /mnt && echo precious >/mnt/file && umount /mnt && e2fsck -fn ${device}`);

    await it.host.detachVolume(1, 7);
    await it.host.attachVolume(2, 7);

    expect(await it.ssh(1, `ls ${device}`)).toMatchObject({ code: 2 });
    expect(await it.on(2, `mkdir -p /mnt && mount ${device} /mnt && cat /mnt/file`)).toBe("precious");
    expect(it.journal.violations()).toEqual([]);
  });

  test("a volume that leaves while it is mounted is a violation", async () => {
    await it.server(1);
    await it.host.createVolume(7, 10, "ext4");
    await it.host.attachVolume(1, 7);
    await it.on(1, "mkdir -p /data && mount /dev/disk/by-id/scsi-0HC_Volume_7 /data && echo kept >/data/file");

    await it.host.detachVolume(1, 7);

    expect(it.journal.violations().map((entry) => entry.text)).toEqual(["volume 7 detached while mounted at /data"]);
    expect(await it.ssh(1, "mountpoint /data")).toMatchObject({ code: 32 });
  });

  test("poweroff on the machine unmounts, tells the API and leaves no loop device", async () => {
    const power: string[] = [];
    it.host.onPower((id, state) => power.push(`${id} ${state}`));
    await it.server(1);
    await it.host.createVolume(7, 10, "ext4");
    await it.host.attachVolume(1, 7);
    await it.on(
      1,
      "mkdir -p /data && mount /dev/disk/by-id/scsi-0HC_Volume_7 /data && echo kept >/data/file && cd /data && (sleep 1000 &)",
    );

    await it.ssh(1, "poweroff");
    await it.until("power off (clean)");

    expect(power).toEqual(["1 off"]);
    expect(it.host.powerState(1)).toBe("off");
    expect(await it.ssh(1, "true")).toMatchObject({ code: 255, stderr: containing("timed out") });
    const { stdout } = await run("losetup", ["--list", "--noheadings", "--output", "BACK-FILE"]);
    expect(stdout).not.toContain(it.folder);
  });

  test("cannot touch the computer's own files", async () => {
    await it.server(1);

    const result = await it.ssh(
      1,
      `ls ${it.folder} ${__dirname}; rm -rf /usr/bin/true /.emulator/bin/sleep /proc/sys/kernel/hostname; mknod /tmp/disk b 7 0; ls /usr/bin/true`,
    );

    expect(result.stderr).toContain(`cannot access '${it.folder}'`);
    expect(result.stderr).toContain(`cannot access '${__dirname}'`);
    expect(result.stderr).toContain("Read-only file system");
    expect(result.stderr).toContain("mknod: /tmp/disk: Operation not permitted");
    expect(result.stdout).toContain("/usr/bin/true");
  });
});
