// The disks of one machine and the names under which it sees them.
import { basename, join } from "node:path";
import { machineFolder, type Namespace } from "./namespace";
import { exec } from "./process";
import { privileged } from "./privilege";
import { untilReleased } from "./volumes";

interface Disk {
  file: string;
  link: string;
  /** E.g. `sdb`, while the machine runs. */
  node: string | undefined;
}

export function volumeLink(volumeId: number): string {
  return `scsi-0HC_Volume_${volumeId}`;
}

/** Different for every server, and nothing that could be guessed from its id. */
export function rootDiskLink(serverId: number): string {
  return `scsi-0QEMU_QEMU_HARDDISK_${100_000_000 + ((serverId * 2_654_435_761) % 900_000_000)}`;
}

export class Devices {
  private readonly volumes = new Map<number, Disk>();
  private readonly root: Disk;

  constructor(serverId: number, rootFile: string) {
    this.root = { file: rootFile, link: rootDiskLink(serverId), node: undefined };
  }

  get rootLink(): string {
    return this.root.link;
  }

  has(volumeId: number): boolean {
    return this.volumes.has(volumeId);
  }

  get volumeIds(): number[] {
    return [...this.volumes.keys()];
  }

  /**
   * Shows all disks to a machine that has just begun to boot. Volumes come first: the root disk is `/dev/sda` only as long as there
   * are none, as on real servers (ghaf-infra#199).
   */
  async showAll(namespace: Namespace): Promise<void> {
    const disks = [...this.volumes.values(), this.root];
    for (const disk of disks) disk.node = undefined;
    for (const disk of disks) await this.show(namespace, disk);
  }

  async attach(volumeId: number, file: string, namespace: Namespace | undefined): Promise<void> {
    const disk: Disk = { file, link: volumeLink(volumeId), node: undefined };
    this.volumes.set(volumeId, disk);
    try {
      if (namespace) await this.show(namespace, disk);
    } catch (error) {
      this.volumes.delete(volumeId);
      throw error;
    }
  }

  /** @returns where the machine still had it mounted */
  async detach(volumeId: number, namespace: Namespace | undefined): Promise<string[]> {
    const disk = this.volumes.get(volumeId);
    if (!disk) throw new Error(`volume ${volumeId} is not attached to this server`);
    this.volumes.delete(volumeId);
    let mounts: string[] = [];
    if (namespace && disk.node) {
      const { stdout } = await namespace.run(["/.emulator/bin/emulator-detach", disk.node, disk.link]);
      mounts = stdout.split("\n").filter(Boolean);
    }
    await untilReleased(disk.file);
    return mounts;
  }

  /** Where each volume is mounted now; volumes that are not are left out. */
  async mounted(namespace: Namespace): Promise<Map<number, string[]>> {
    const mounted = new Map<number, string[]>();
    for (const [volumeId, { node }] of this.volumes) {
      if (node === undefined) continue;
      const { stdout } = await namespace.run(["/.emulator/bin/emulator-mounts", node]);
      const targets = stdout.split("\n").filter(Boolean);
      if (targets.length > 0) mounted.set(volumeId, targets);
    }
    return mounted;
  }

  /** Shows what lies on a disk from an offset on, in bytes, as `/dev/mapper/NAME`. It goes with the disk, or when its keeper ends. */
  async map(namespace: Namespace, node: string, { name, offset }: { name: string; offset: number }): Promise<void> {
    const disk = [...this.volumes.values(), this.root].find((one) => one.node === node);
    if (!disk) throw new Error(`there is no disk ${node}`);
    await exec("sh", [join(machineFolder, "host/attach"), String(namespace.pid), disk.file, `mapper/${name}`, "", String(offset)]);
  }

  /** The machine has died: waits until the kernel has let go of everything it had. */
  async released(): Promise<void> {
    for (const disk of [...this.volumes.values(), this.root]) {
      disk.node = undefined;
      await untilReleased(disk.file);
    }
  }

  private async show(namespace: Namespace, disk: Disk): Promise<void> {
    disk.node = this.freeNode();
    if (!privileged) {
      await namespace.run(["/.emulator/unprivileged/emulator-attach-file", basename(disk.file, ".img"), disk.node, disk.link]);
      return;
    }
    await exec("sh", [join(machineFolder, "host/attach"), String(namespace.pid), disk.file, disk.node, disk.link]);
  }

  private freeNode(): string {
    const taken = new Set([...this.volumes.values(), this.root].map((disk) => disk.node));
    for (let letter = "a".charCodeAt(0); ; letter++) {
      const node = `sd${String.fromCharCode(letter)}`;
      if (!taken.has(node)) return node;
    }
  }
}
