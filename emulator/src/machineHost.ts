// The seam between the API (what Hetzner's customers call) and the machines (what boots, mounts and answers ssh). The API side
// owns ids, locks, actions and validation; the machine side owns disks, power, boot and the network of one emulated server.

/** What a server looks like to the machine that boots on it. */
export interface MachineSpec {
  serverId: number;
  /** The server's name, which the cloud image takes as its first host name. */
  name: string;
  ipv4: string | null;
  /** The machine's own address in its /64, e.g. `2001:db8:0:1::1`. */
  ipv6: string | null;
  mac: string;
  architecture: "x86" | "arm";
  /** Operating system image, e.g. `debian-13`. */
  image: string;
  /** Snapshot or backup (`createImage`) whose disk it gets in place of a fresh one. */
  snapshot?: number;
  memoryMiB: number;
  diskGB: number;
  /** cloud-init user data as given to the API. */
  userData: string;
  /** OpenSSH public keys of the API's `ssh_keys`. */
  authorizedKeys: string[];
  /** How it is connected when it is created; without, as if it had no firewall and no private network. */
  network?: MachineNetwork;
}

/** What a firewall lets in. Who is not let in waits for an answer that never comes. */
export interface InboundRule {
  protocol: "tcp" | "udp" | "icmp" | "esp" | "gre";
  /** `80`, `80-85` or `any`; null where the protocol has no ports. */
  port: string | null;
  /** In CIDR notation, e.g. `0.0.0.0/0`. */
  sourceIps: string[];
}

/** A card in a private network. */
export interface PrivateCard {
  networkId: number;
  networkName: string;
  /** The network's whole range, e.g. `10.0.0.0/8`. */
  range: string;
  /** Range of the subnet that its address is from. */
  subnet: string;
  gateway: string;
  ip: string;
  aliasIps: string[];
  mac: string;
}

/** How a server is connected at the moment. */
export interface MachineNetwork {
  /** A machine that runs takes up other public addresses at its next boot. */
  ipv4: string | null;
  ipv6: string | null;
  /** Null: no firewall, everything may come in. */
  inbound: InboundRule[] | null;
  /** In the order in which they were attached. */
  cards: PrivateCard[];
  /** E.g. `fsn1`. */
  location: string;
  /** E.g. `eu-central`. */
  networkZone: string;
}

/** What a person sees of a machine from outside. */
export interface MachineGlance {
  /** What has power over it now, e.g. `booting`, `image`, `installer`, `nixos`, `crashed`; null when it is off. */
  running: string | null;
  /** On which its sshd listens. */
  sshPorts: number[];
}

export type PowerState = "running" | "off";

/** What the machine side does for the API. Every method is idempotent where that makes sense; unknown ids are an error. */
export interface MachineHost {
  /** Prepares the root disk with the image. The machine is off afterwards. */
  create(spec: MachineSpec): Promise<void>;
  /** Power on. Resolves once power is on; the boot goes on by itself and takes its time on the clock. */
  powerOn(serverId: number): Promise<void>;
  /** ACPI signal. Resolves at once; the machine shuts down cleanly on its own afterwards (or not at all), see `onPower`. */
  shutdown(serverId: number): Promise<void>;
  /** Hard and immediate: every process is killed, nothing is flushed. */
  powerOff(serverId: number): Promise<void>;
  /** Hard power-off and power-on. */
  reset(serverId: number): Promise<void>;
  /** ACPI reboot signal: clean shutdown, then boot from disk. */
  reboot(serverId: number): Promise<void>;
  /** The root disk is written anew with the image, or with a snapshot's disk; identity (user data, keys) as at creation. */
  rebuild(serverId: number, image: string, snapshot?: number): Promise<void>;
  /** Copies the root disk as it is now. Resolves with the GB that are on it. */
  createImage?(serverId: number, imageId: number): Promise<number>;
  deleteImage?(imageId: number): Promise<void>;
  /** The next boot, and only that, is of the rescue system, for these OpenSSH public keys; null: of the disk after all. */
  setRescue?(serverId: number, authorizedKeys: string[] | null): Promise<void>;
  /** Called when a rescue system has booted: the boot after it is of the disk again. */
  onRescue?(listener: (serverId: number) => void): void;
  /** An ISO boots before the disk as long as it is there; null: none. */
  setIso?(serverId: number, name: string | null): Promise<void>;
  /** Power off and forget everything but the volumes. */
  destroy(serverId: number): Promise<void>;
  rename(serverId: number, name: string): Promise<void>;
  /**
   * What changed around a server: its firewalls (for new connections; those that are there live on), its private networks, its addresses.
   * Resolves when the machine sees it.
   */
  connect?(serverId: number, network: MachineNetwork): Promise<void>;
  resize(serverId: number, size: { memoryMiB: number; diskGB: number }): Promise<void>;

  /** A new volume: a sparse file, with a real file system on it when `format` is given. */
  createVolume(volumeId: number, sizeGB: number, format: "ext4" | "xfs" | null): Promise<void>;
  resizeVolume(volumeId: number, sizeGB: number): Promise<void>;
  deleteVolume(volumeId: number): Promise<void>;
  /**
   * The device appears on the machine (now if it runs, else at its next boot). With `automount` a cloud image also mounts it, at
   * /mnt/HC_Volume_ID, and puts it into fstab; a system that somebody installed does not.
   */
  attachVolume(serverId: number, volumeId: number, options?: { automount?: boolean }): Promise<void>;
  /** The device vanishes at once. A volume that was still mounted is a violation, which is recorded in the journal. */
  detachVolume(serverId: number, volumeId: number): Promise<void>;

  /**
   * After a restart of the emulator: takes up again what lay in its state folder. Disks are used as they are, never written anew; machines
   * that ran boot, as after a power failure.
   */
  restore?(what: {
    servers: { spec: MachineSpec; running: boolean; volumes: number[] }[];
    volumes: { id: number; sizeGB: number }[];
  }): Promise<void>;

  /** @throws Error when there is no such machine */
  powerState(serverId: number): PowerState;
  /** Called whenever power changes for a reason of the machine's own (poweroff, reboot from inside, crash). */
  onPower(listener: (serverId: number, state: PowerState) => void): void;

  /** @throws Error when there is no such machine */
  glance?(serverId: number): MachineGlance;

  /** Fault: the machine stops answering for good (kernel panic), power stays on. */
  crash(serverId: number): Promise<void>;
  /** Fault: cut all ssh connections of a machine now. */
  dropSsh(serverId: number): Promise<void>;
  close(): Promise<void>;
}
