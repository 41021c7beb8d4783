import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
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

  test("is reached by its IPv6 address, and by a name whose HostName is its address", async () => {
    await it.server(1);
    const config = join(it.folder, "config");
    await writeFile(config, `Include ${it.host.sshConfig}\nHost devserver\n  HostName 198.18.0.1\n`);
    const options = ["UserKnownHostsFile=/dev/null", "StrictHostKeyChecking=no", "LogLevel=ERROR", "ConnectTimeout=10"].flatMap(
      (option) => ["-o", option],
    );

    expect(await run("ssh", ["-F", config, ...options, "-i", it.key, "root@devserver", "hostname"])).toMatchObject({
      stdout: "server-1\n",
    });
    expect(await run("ssh", ["-F", config, ...options, "-i", it.key, "root@2001:db8:0:1::1", "hostname"])).toMatchObject({
      stdout: "server-1\n",
    });
  });

  test("gives a terminal to those who want one, and passes on how a command was killed", async () => {
    await it.server(1);
    expect((await it.ssh(1, "tty; stty size", { args: ["-tt"] })).stdout).toMatch(/^\/dev\/pts\/\d+\r\n24 80\r\n$/);
    expect((await it.ssh(1, "kill -TERM $$")).code).toBe(255);
    expect((await it.ssh(1, "sh -c 'kill -TERM $$'; echo $?")).stdout).toBe("143\n");
  });

  test("serves many commands over one connection at the same time", async () => {
    await it.server(1);
    const shared = ["-o", "ControlMaster=auto", "-o", `ControlPath=${it.folder}/control`, "-o", "ControlPersist=30"];
    await it.ssh(1, "true", { args: shared });

    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => it.ssh(1, `cat; echo ${n}`, { args: shared, input: `${n} ` })));

    expect(answers.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 8 }, (_, n) => `${n} ${n}\n`));
    await run("ssh", ["-F", it.host.sshConfig, ...shared, "-O", "exit", "root@198.18.0.1"]);
  });

  test("cannot reach the computer through what it leaves on its own disk", async () => {
    await it.server(1);
    const outside = join(it.folder, "outside");
    await mkdir(outside);
    await it.on(1, `rm -rf /.emulator/disk/root/etc /etc; ln -s ${outside} /etc`);

    await it.host.reset(1);
    await it.until("boot image debian-13", it.journal.entries.length);

    expect(await readdir(outside)).toEqual([]);
    await it.host.powerOff(1);
    expect(
      (await run("sh", ["-c", `cd ${it.folder}/servers/1/disk && mv root moved && ln -s ${outside} root && echo image >kind`])).code,
    ).toBe(0);
    await it.host.powerOn(1);
    await it.until(/^boot failed/);
    expect(await readdir(outside)).toEqual([]);
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
