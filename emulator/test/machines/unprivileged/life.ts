// Run as a user without rights by unprivileged.test.ts: the life of one machine, told as one line of JSON.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Journal } from "../../../src/journal";
import { instant } from "../../../src/latencies";
import { createMachineHost } from "../../../src/machines";
import { VirtualClock } from "../../../src/virtualClock";

const execute = promisify(execFile);

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "unprivileged-"));
  const clock = new VirtualClock("auto");
  const journal = new Journal(() => clock.now());
  const host = await createMachineHost({ stateDir: folder, clock, latencies: instant, journal });
  const until = (text: RegExp) =>
    new Promise<void>((resolve) => journal.onEntry((entry) => (text.test(entry.text) ? resolve() : undefined)));
  try {
    const key = join(folder, "key");
    await execute("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    const booted = until(/^boot /);
    await host.create({
      serverId: 1,
      name: "server-1",
      ipv4: "198.18.0.1",
      ipv6: null,
      mac: "96:00:00:00:00:01",
      architecture: "x86",
      image: "debian-13",
      memoryMiB: 4096,
      diskGB: 40,
      userData: "",
      authorizedKeys: [(await readFile(`${key}.pub`, "utf8")).trim()],
    });
    await host.powerOn(1);
    await booted;
    const ssh = async (command: string): Promise<string> => {
      const options = ["UserKnownHostsFile=/dev/null", "StrictHostKeyChecking=no", "LogLevel=ERROR"].flatMap((option) => ["-o", option]);
      return (await execute("ssh", ["-F", host.sshConfig, ...options, "-i", key, "root@198.18.0.1", command])).stdout.trim();
    };
    const device = "/dev/disk/by-id/scsi-0HC_Volume_7";
    await host.createVolume(7, 10, "ext4");
    await host.attachVolume(1, 7);
    const type = await ssh(`blkid -p -o value -s TYPE ${device}; e2fsck -p ${device} >/dev/null; echo $?`);
    const source = await ssh(
      `mkdir -p /x && mount -t ext4 -o noatime ${device} /x && echo precious >/x/file && findmnt -rno SOURCE /x && umount /x`,
    );
    await host.detachVolume(1, 7);
    await host.attachVolume(1, 7);
    const file = await ssh(`mount ${device} /x && cat /x/file && umount /x`);
    const escape = await ssh(`ls -d ${folder} 2>&1 || :`);
    const off = until(/^power off/);
    await ssh("poweroff");
    await off;
    process.stdout.write(JSON.stringify({ uid: process.getuid?.(), type, source, file, escape, violations: journal.violations().length }));
  } finally {
    await host.close();
    clock.close();
    await rm(folder, { recursive: true, force: true });
  }
}

void main();
