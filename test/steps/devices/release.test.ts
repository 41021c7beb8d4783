// What releaseVolume does with what uses a volume, on real mounts and with real processes.
import { type ChildProcess, spawnSync } from "node:child_process";
import { once } from "node:events";
import { NEW_EXT4 } from "../support/devices";
import { describeAsRoot, NamespaceMachine, type OsRelease } from "../support/namespaceMachine";
import { temporaryFolders } from "../support/temporaryFolder";

const newFolder = temporaryFolders();

let machine: NamespaceMachine;

async function start(os: OsRelease): Promise<void> {
  machine = await NamespaceMachine.start(newFolder(), os);
}
afterEach(() => machine.stop());

describeAsRoot("releasing a volume", () => {
  async function mounted(os: OsRelease, at: string): Promise<string> {
    await start(os);
    const device = await machine.disk("volume", NEW_EXT4);
    machine.sh(`mkdir -p ${at} && mount ${device} ${at}`);
    return device;
  }
  const release = async (device: string, mountPoint: string): Promise<string> =>
    (await machine.script("releaseVolume", [device, mountPoint])).results.get("use");

  test("one that nothing uses, or that is not here any more, needs nothing", async () => {
    await start("nixos");
    const device = await machine.disk("volume", NEW_EXT4);

    expect(await release(device, "/srv/data")).toBe("none");
    expect(await release("/dev/disk/by-id/scsi-0HC_Volume_0", "/srv/data")).toBe("none");
  });

  test("one that is only mounted is written out and unmounted, with what is bound from it", async () => {
    const device = await mounted("nixos", "/srv/data");
    machine.sh("mkdir /srv/data/a /srv/bound && mount --bind /srv/data/a /srv/bound && echo kept > /srv/bound/file");

    expect(await release(device, "/srv/data")).toBe("ended");

    expect(machine.sh(`findmnt -rn -S ${device} || true`)).toBe("");
    expect(machine.sh(`mount ${device} /srv/data && cat /srv/data/a/file`)).toBe("kept");
  });

  test("processes that hold on to it are ended, others are left alone", async () => {
    const device = await mounted("nixos", "/srv/data");
    const polite = machine.start("cd /srv/data; echo in; exec sleep 1000");
    const stubborn = machine.start("trap '' TERM; exec 7>/srv/data/file; echo in; while :; do sleep 1; done");
    const other = machine.start("cd /run; echo in; exec sleep 1000");
    const processes = [polite, stubborn, other];
    try {
      for (const process of processes) if (process.stdout) await once(process.stdout, "data");

      expect(await release(device, "/srv/data")).toBe("ended");

      expect(machine.sh(`findmnt -rn -S ${device} || true`)).toBe("");
      expect(other.exitCode ?? other.signalCode).toBeNull();
    } finally {
      for (const process of processes) process.kill("SIGKILL");
    }
  });

  describe("that something else still has in mounts of its own, as containers do,", () => {
    /** A process whose namespace has a copy of all mounts, which the machine's unmounting does not reach. */
    const elsewhere = async (command: string): Promise<ChildProcess> => {
      const process = machine.start(`unshare -m bash -c 'echo in; ${command}'`);
      if (process.stdout) await once(process.stdout, "data");
      return process;
    };
    const gone = async (process: ChildProcess): Promise<void> => {
      const over = once(process, "close");
      process.kill("SIGKILL");
      await over;
    };

    test.each([
      ["ext4", NEW_EXT4],
      ["XFS", 'truncate -s 300M "$1"; mkfs.xfs -q "$1"'],
    ])("is not given away under it: only a power-off ends that (%s)", async (what, make) => {
      if (what === "XFS" && spawnSync("sh", ["-c", "command -v mkfs.xfs"]).status !== 0) {
        console.warn("SKIPPED: XFS, as mkfs.xfs is not installed");
        return start("nixos");
      }
      await start("nixos");
      const device = await machine.disk("volume", make);
      machine.sh(`mkdir -p /srv/data && mount ${device} /srv/data`);
      const container = await elsewhere("exec sleep 1000");
      try {
        const words = /^system it is not mounted here any more but still in use, .*sleep \(\d+\)/;
        expect(await release(device, "/srv/data")).toMatch(words);
        expect(machine.sh(`findmnt -rn -S ${device} || true`)).toBe("");
        if (what === "XFS") return;
        // Cut off here and run again: nothing is mounted, and it is no more free than before.
        expect(await release(device, "/srv/data")).toMatch(words);
      } finally {
        await gone(container);
      }
      expect(await release(device, "/srv/data")).toBe("none");
    });

    test("is free once those who work on it there have been ended", async () => {
      const device = await mounted("nixos", "/srv/data");
      const container = await elsewhere("cd /srv/data; exec sleep 1000");
      try {
        expect(await release(device, "/srv/data")).toBe("ended");
      } finally {
        await gone(container);
      }
    });

    test("is no more free in the installer", async () => {
      const device = await mounted("installer", "/mnt/home");
      const container = await elsewhere("exec sleep 1000");
      try {
        expect(await release(device, "/home")).toMatch(/^system in the installer it is not mounted here any more but still in use/);
      } finally {
        await gone(container);
      }
    });
  });

  test("a file that is still open on what was taken out of all mounts is a use", async () => {
    const device = await mounted("nixos", "/srv/data");
    const other = machine.start(`exec 7</srv/data; umount -l /srv/data; echo in; cd /; exec 8<&7; while :; do sleep 1; done`);
    const over = once(other, "close");
    if (other.stdout) await once(other.stdout, "data");
    try {
      expect(machine.sh(`findmnt -rn -S ${device} || true`)).toBe("");

      expect(await release(device, "/srv/data")).toBe("ended");

      await over;
      expect(machine.sh(`ls /sys/fs/ext4`)).not.toContain(device.replace("/dev/", ""));
    } finally {
      other.kill("SIGKILL");
    }
  });

  test("one that carries the running system's store is left alone: only a power-off ends that", async () => {
    const device = await mounted("nixos", "/srv/data");
    machine.sh("mkdir -p /srv/data/.nix /nix && mount --bind /srv/data/.nix /nix");

    expect(await release(device, "/srv/data")).toBe("system it carries /nix");

    expect(machine.sh(`findmnt -rn -o TARGET -S ${device}`)).toContain("/srv/data");
  });

  test("in the installer a half-done installation is simply unmounted", async () => {
    const device = await mounted("installer", "/mnt/home");
    machine.sh("mkdir -p /mnt/home/.nix /mnt/nix && mount --bind /mnt/home/.nix /mnt/nix");

    expect(await release(device, "/home")).toBe("ended");

    expect(machine.sh(`findmnt -rn -S ${device} || true`)).toBe("");
  });
});
