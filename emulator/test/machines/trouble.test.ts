import { setTimeout as sleep } from "node:timers/promises";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { asRoot, containing, rig, type Rig, run } from "./support";
import { anywhere, installed } from "./installed";
import { evaluator, system } from "./systems";

asRoot("when things go wrong with a NixOS machine", () => {
  let it: Rig;
  beforeEach(async () => {
    it = await rig({ evaluator });
  });
  afterEach(() => it.close());

  test("a store on a volume that is not there ends the boot in emergency mode, unreachable and deaf to ACPI", async () => {
    await it.host.createVolume(7, 10, "ext4");
    await installed(it, 1, { volumeId: 7 });
    await it.ssh(1, "poweroff");
    await it.until("power off (clean)");
    await it.host.detachVolume(1, 7);

    await it.host.powerOn(1);
    await it.until(/^boot emergency \/home could not be mounted: timed out waiting for device/);
    expect(await it.ssh(1, "true")).toMatchObject({ code: 255, stderr: containing("timed out") });
    await it.host.shutdown(1);
    expect(it.host.powerState(1)).toBe("running");

    await it.host.powerOff(1);
    await it.host.attachVolume(1, 7);
    const since = it.journal.entries.length;
    await it.host.powerOn(1);
    await it.until(/^boot nixos/, since);
    expect(it.journal.violations()).toEqual([]);
  });

  test("a recreated machine finds its files and its store on the volume, and copies nothing that is there", async () => {
    await it.host.createVolume(7, 10, "ext4");
    await installed(it, 1, { volumeId: 7 });
    await it.on(1, "echo precious >/home/alice/file && chown alice: /home/alice/file");
    await it.ssh(1, "systemctl poweroff");
    await it.until("power off (clean)");
    await it.host.detachVolume(1, 7);
    const from = it.clock.now();
    await it.host.destroy(1);

    const since = it.journal.entries.length;
    // The same system but for the root disk, whose name differs on every server.
    await installed(it, 2, { volumeId: 7 });

    expect((await it.ssh(2, "cat file", { user: "alice" })).stdout).toBe("precious\n");
    expect(await it.on(2, "ls /nix/store | grep -c nixos-system")).toBe("2");
    expect(it.journal.entries.slice(since).some((entry) => entry.text.includes("(closureChanged)"))).toBe(true);
    expect(it.host.served.isServed("devserver")).toBe(true);
    expect(it.host.served.unserved("devserver", from, it.clock.now())).toBe(it.clock.now() - from);
  });

  test("disko wipes a live system without asking, which then boots nothing", async () => {
    await it.server(1);
    const description = system({ serverId: 1, keys: [it.publicKey] });

    expect(await anywhere(it, 1, "disko", description)).toMatch(/Done! ###$/m);

    expect(await it.on(1, "cat /etc/os-release | head -n 1")).toContain("Debian");
    await it.ssh(1, "reboot");
    await it.until("boot nothing: no system on the root disk");
  });

  test("disko on a volume makes a blank file system of it, and that is a violation", async () => {
    await it.host.createVolume(7, 10, "ext4");
    await it.server(1);
    await it.host.attachVolume(1, 7);
    await it.on(1, "mkdir /x && mount /dev/disk/by-id/scsi-0HC_Volume_7 /x && echo precious >/x/file && umount /x");
    const description = system({ serverId: 1, keys: [it.publicKey] });
    description.disko.device = "/dev/disk/by-id/scsi-0HC_Volume_7";

    await anywhere(it, 1, "kexec,disko", description);

    expect(await it.on(1, "ls /mnt")).toBe("lost+found");
    expect(it.journal.violations().map((entry) => entry.text)).toEqual([containing("disko made a file system on")]);
  });

  test("a power failure keeps what was synced, and the file system is clean again after the next boot", async () => {
    await it.host.createVolume(7, 10, "ext4");
    await installed(it, 1, { volumeId: 7 });
    await it.on(1, "echo precious >/home/file && sync");
    const bootId = await it.on(1, "cat /proc/sys/kernel/random/boot_id");

    const since = it.journal.entries.length;
    await it.host.reset(1);
    await it.until(/^boot nixos/, since);

    expect(await it.on(1, "cat /home/file")).toBe("precious");
    expect(await it.on(1, "cat /proc/sys/kernel/random/boot_id")).not.toBe(bootId);
  });

  test("a crashed machine answers nothing and hears nothing, and is off only when it is made to be", async () => {
    await installed(it, 1);
    await it.host.crash(1);
    expect(await it.ssh(1, "true")).toMatchObject({ code: 255 });
    expect(it.host.served.isServed("devserver")).toBe(false);
    await it.host.shutdown(1);
    expect(it.host.powerState(1)).toBe("running");
    await it.host.powerOff(1);
    expect(it.host.powerState(1)).toBe("off");
  });

  test("a volume may leave a crashed machine only when its power was taken first", async () => {
    await it.host.createVolume(7, 10, "ext4");
    await it.server(1);
    await it.host.attachVolume(1, 7);
    const mountIt = "mkdir -p /data && mount /dev/disk/by-id/scsi-0HC_Volume_7 /data";
    await it.on(1, mountIt);
    await it.host.crash(1);
    await it.host.powerOff(1);
    await it.host.detachVolume(1, 7);
    expect(it.journal.violations()).toEqual([]);

    await it.host.attachVolume(1, 7);
    const since = it.journal.entries.length;
    await it.host.powerOn(1);
    await it.until(/^boot /, since);
    await it.on(1, mountIt);
    await it.host.crash(1);
    await it.host.detachVolume(1, 7);
    expect(it.journal.violations().map((entry) => entry.text)).toEqual(["volume 7 detached while mounted at /data"]);
  });

  test("cut connections end the client and not the machine", async () => {
    await it.server(1);
    const waiting = it.ssh(1, "echo begun >/root/begun; /usr/bin/sleep 60");
    while ((await it.ssh(1, "cat /root/begun")).code !== 0) await sleep(50);

    await it.host.dropSsh(1);

    expect((await waiting).code).toBe(255);
    expect(await it.on(1, "cat /root/begun")).toBe("begun");
  });

  test("an unmounted home is not served, and mounting it serves again", async () => {
    await it.host.createVolume(7, 10, "ext4");
    const home = {
      device: "/dev/disk/by-id/scsi-0HC_Volume_7",
      fsType: "ext4",
      options: ["nofail", "x-systemd.device-timeout=5s"],
      neededForBoot: false,
      depends: [],
    };
    const files = { ports: [8080], requiresMountsFor: ["/home"], fails: false };
    await installed(it, 1, { change: { fileSystems: { "/home": home }, units: { "files.service": files } } });
    // The volume was never attached: it boots all the same, in a degraded state.
    expect(await it.on(1, "systemctl is-system-running || :; systemctl is-failed home.mount; systemctl is-active files.service || :")).toBe(
      "degraded\nfailed\ninactive",
    );
    expect(it.host.served.isServed("devserver")).toBe(false);

    await it.host.attachVolume(1, 7);
    await it.on(1, "systemctl reset-failed home.mount; systemctl start home.mount && systemctl start default.target");
    expect(await it.on(1, "systemctl is-system-running; systemctl is-active files.service; findmnt -rno SOURCE /home")).toMatch(
      /^running\nactive\n\/dev\/sd/,
    );
    await it.on(1, "true");
    expect(it.host.served.isServed("devserver")).toBe(true);

    await it.on(1, "systemctl stop home.mount; systemctl is-active files.service || :");
    await it.host.detachVolume(1, 7);
    expect(it.host.served.isServed("devserver")).toBe(false);
    expect(it.journal.violations()).toEqual([]);
  });

  test("nothing is left over when the emulator is killed", async () => {
    const folder = join(it.folder, "killed");
    const script = [
      `const { createMachineHost } = require(${JSON.stringify(join(__dirname, "../../src/machines"))});`,
      `const { VirtualClock } = require(${JSON.stringify(join(__dirname, "../../src/virtualClock"))});`,
      `const { Journal } = require(${JSON.stringify(join(__dirname, "../../src/journal"))});`,
      `const { instant } = require(${JSON.stringify(join(__dirname, "../../src/latencies"))});`,
      `(async () => {`,
      `  require("node:fs").mkdirSync(${JSON.stringify(folder)});`,
      `  const clock = new VirtualClock("auto"); const journal = new Journal(() => clock.now());`,
      `  const host = await createMachineHost({ stateDir: ${JSON.stringify(folder)}, clock, latencies: instant, journal });`,
      `  journal.onEntry((entry) => entry.text.startsWith("boot ") && host.createVolume(7, 10, "ext4").then(() => host.attachVolume(1, 7)).then(() => console.log("ready")));`,
      `  await host.create(${JSON.stringify(it.spec(1))}); await host.powerOn(1);`,
      `})();`,
    ].join("\n");
    const child = spawn(process.execPath, ["--require", "tsx/cjs", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    const loops = async () =>
      (await run("losetup", ["--list", "--noheadings", "--output", "BACK-FILE"])).stdout
        .split("\n")
        .filter((line) => line.startsWith(folder));
    expect(await loops()).toHaveLength(2);

    child.kill("SIGKILL");

    for (let tries = 0; tries < 500 && (await loops()).length > 0; tries++) await sleep(20);
    expect(await loops()).toEqual([]);
    const processes = await run("ps", ["-e", "-o", "args"]);
    expect(processes.stdout).not.toContain(`${folder}/`);
  });
});
