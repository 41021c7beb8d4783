// What releaseVolume does with what uses a volume, on real mounts and with real processes.
import { once } from "node:events";
import { describeAsRoot, NamespaceMachine, type OsRelease } from "../support/namespaceMachine";
import { temporaryFolders } from "../support/temporaryFolder";

const newFolder = temporaryFolders();
const EXT4 = 'mkfs.ext4 -q "$1"';

let machine: NamespaceMachine;

async function start(os: OsRelease): Promise<void> {
  machine = await NamespaceMachine.start(newFolder(), os);
}
afterEach(() => machine.stop());

describeAsRoot("releasing a volume", () => {
  async function mounted(os: OsRelease, at: string): Promise<string> {
    await start(os);
    const device = await machine.disk("volume", EXT4);
    machine.sh(`mkdir -p ${at} && mount ${device} ${at}`);
    return device;
  }
  const release = async (device: string, mountPoint: string): Promise<string> =>
    (await machine.script("releaseVolume", [device, mountPoint])).results.get("use");

  test("one that nothing uses, or that is not here any more, needs nothing", async () => {
    await start("nixos");
    const device = await machine.disk("volume", EXT4);

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
