// Where the machine side keeps its files below the state folder.
import { join } from "node:path";

export interface ServerPaths {
  folder: string;
  /** The root disk: `root` and `boot` are its file systems, `kind` says what was written on it. */
  disk: string;
  /** Files of the current boot, shown to the machine read-only at /.emulator/boot. */
  run: string;
  /** Archive of what cloud-init gives a disk that was another server's, until it has. */
  identity: string;
}

export class Paths {
  constructor(readonly stateDir: string) {}

  server(serverId: number): ServerPaths {
    const folder = join(this.stateDir, "servers", String(serverId));
    return { folder, disk: join(folder, "disk"), run: join(folder, "run"), identity: join(folder, "identity.tar") };
  }

  get volumes(): string {
    return join(this.stateDir, "volumes");
  }

  /** The sparse file that is a volume. Beside it, with `.d` at the end, lies what is in it where it cannot be mounted. */
  volume(volumeId: number): string {
    return join(this.volumes, `${volumeId}.img`);
  }

  /** The sparse file that stands for a root disk as a device. */
  rootDisk(serverId: number): string {
    return join(this.volumes, `root-${serverId}.img`);
  }

  /** Folder that holds the disk of a snapshot or backup. */
  image(imageId: number): string {
    return join(this.stateDir, "images", String(imageId));
  }

  /** A file for each (address, port) that answers, holding the loopback port. */
  get ports(): string {
    return join(this.stateDir, "ports");
  }

  /** Links to all programs, the stand-ins first. */
  get sw(): string {
    return join(this.stateDir, "sw");
  }

  get operatorBin(): string {
    return join(this.stateDir, "bin");
  }

  get sshConfig(): string {
    return join(this.stateDir, "ssh_config");
  }

  /** Store paths that were built, as they are copied to machines. */
  get store(): string {
    return join(this.stateDir, "store");
  }

  get temporary(): string {
    return join(this.stateDir, "tmp");
  }
}
