// The stack's configuration as the rest of the program sees it: checked, and with every default written out. What a person
// may write in Pulumi.<stack>.yaml is in schema.ts; how one becomes the other is in resolve/.

/** Everything that the stack's configuration asks for. */
export interface StackConfig {
  /**
   * The machines of this stack, in the order they are written. An empty list is allowed: it takes the servers of all
   * machines away and keeps their volumes, as `pulumi destroy` would.
   */
  machines: MachineConfig[];
}

/** A VPS with a stable name that survives any number of servers. */
export interface MachineConfig {
  /**
   * The machine's name: NixOS' host name, the flake's configuration and part of the names of its servers and volumes.
   *
   * @example `"devserver"`
   */
  name: string;
  /**
   * Hetzner's server type. Another one of the same architecture is a rescale of the server; of another architecture,
   * a recreate.
   *
   * @example `"cx23"`
   */
  serverType: string;
  /** Follows from the server type: `cax*` is Arm, everything else x86. */
  system: System;
  /** Where server and volumes are. A volume cannot move to another location. */
  location: Location;
  /**
   * The cloud image that the installer is started from. It only lives until then, so changing it recreates nothing.
   *
   * @default `"debian-13"`
   */
  image: Image;
  /**
   * Which `nix/hosts/<host>.nix` or `nix/hosts/<host>/` makes up the system. Machines may share one.
   *
   * @default the machine's name where `nix/hosts/` has it, else `"minimal"`
   */
  host: string;
  /** The person who logs in. The machine's own `admin` over the stack's, key by key. */
  admin: AdminConfig;
  /**
   * The volumes that outlive the machine's servers, in the order they are written; at most 16.
   *
   * @default `[]`
   */
  volumes: VolumeConfig[];
  /** Where `/home` and `/nix` are, derived from the volumes. */
  storage: StorageLayout;
  /**
   * How a recreate goes: `overlap` makes the new server ready beside the old one, `delete-first` deletes the old one
   * before and is for accounts that may not hold one server more.
   *
   * @default `"overlap"`
   */
  strategy: Strategy;
  /**
   * A counter. Another number than the last time makes a new server.
   *
   * @default `0`
   */
  recreate: number;
  /**
   * A counter. A higher number than the last time installs NixOS again on the same server: its root disk is erased; address, price and
   * volumes stay.
   *
   * @default `0`
   */
  reinstall: number;
  ssh: SshConfig;
  /**
   * A public IPv4 address (billed by Hetzner). At least one of `ipv4` and `ipv6` is true.
   *
   * @default `true`
   */
  ipv4: boolean;
  /**
   * A public IPv6 network.
   *
   * @default `true`
   */
  ipv6: boolean;
  /**
   * Hetzner's firewall in front of the server, or `false` for none. NixOS' own firewall is not meant by this.
   *
   * @default ssh and ICMP from everywhere, nothing else
   */
  firewall: FirewallConfig | false;
  rootDisk: RootDiskConfig;
  /**
   * What a switch is confirmed by, beside what is always looked at: run on the machine, in the order they are written.
   *
   * @default `[]`
   */
  healthChecks: HealthCheckConfig[];
  /**
   * Labels of the user's own for the machine's server and volumes, beside the program's.
   *
   * @default `{}`
   * @example `{ "team": "web" }`
   */
  labels: Record<string, string>;
}

/** A health check of the machine's own. Exactly one of `http`, `tcp` and `command` is there. */
export interface HealthCheckConfig {
  /** @example `"web"` */
  name: string;
  /** A web address, asked for from the machine itself. */
  http?: string;
  /**
   * The HTTP status that is expected of `http`. Redirects are not followed.
   *
   * @default `200`
   */
  status: number;
  /** A port of the machine itself that has to take connections. */
  tcp?: number;
  /** One line for bash, run by root; it passes when it exits with 0. */
  command?: string;
  /**
   * Seconds within which it has to pass; until then it is tried again every second.
   *
   * @default `30`
   */
  limit: number;
}

/** A block volume of a machine. */
export interface VolumeConfig {
  /**
   * What it is for; unique within the machine and part of its name and labels for ever.
   *
   * @example `"home"`
   */
  name: string;
  /** Size in GB, 10 to 10240. It can grow in place and never shrink. */
  size: number;
  /**
   * Where it is mounted: absolute and in its shortest form.
   *
   * @default `"/"` and the name
   */
  mountPoint: string;
  /**
   * It also carries `/nix`: mounted there itself, or bound from its folder `.nix`. True for one volume at most.
   *
   * @default true for the volume at `/nix`; true for the volume at `/home` if no other one carries the store; else false
   */
  store: boolean;
  /**
   * LUKS beneath its file system. Nothing makes that but `vps volume initialise`, once; and a volume does not change between the two.
   *
   * @default `false`
   */
  encrypted: boolean;
  /**
   * What the LUKS is opened with: a secret, 20 to 512 characters. There where the volume is encrypted, and only there.
   *
   * @example `"k4ZP0r/8yC1N…"`
   */
  passphrase?: string;
}

/** The one person (besides root, for the deploy key) who may log in. */
export interface AdminConfig {
  /** @default `"admin"` */
  name: string;
  /**
   * Pinned, because it owns the files on the volume, which outlives the server that gave it out.
   *
   * @default `1000`
   */
  uid: number;
  /** OpenSSH public keys, at least one. */
  sshKeys: string[];
}

export interface SshConfig {
  /**
   * Where the finished machine's sshd listens. The cloud image and the installer listen on 22.
   *
   * @default `2222`
   */
  port: number;
}

export interface RootDiskConfig {
  /** @default `"ext4"` */
  fileSystem: "ext4" | "zfs";
  /**
   * LUKS under the root file system. This version refuses `true`.
   *
   * @default `false`
   */
  encrypted: boolean;
}

export interface FirewallConfig {
  /**
   * What may come in; everything else is dropped. The program's own rules come first: ICMP, the machine's ssh port, and
   * port 22, where the cloud image and the installer listen while the server is staged.
   */
  rules: FirewallRule[];
}

/** A rule in Hetzner's terms; the direction is always `in`. */
export interface FirewallRule {
  protocol: Protocol;
  /**
   * A port or a range of ports; undefined where the protocol has none.
   *
   * @example `"443"`, `"8000-8100"`
   */
  port: string | undefined;
  /**
   * Networks in CIDR notation.
   *
   * @default everywhere: `["0.0.0.0/0", "::/0"]`
   */
  from: string[];
  /** Words for people, shown in Hetzner's console. */
  description: string;
}

/** Nix's name for an architecture. */
export type System = "x86_64-linux" | "aarch64-linux";

/** The locations of Hetzner Cloud. */
export type Location = "fsn1" | "nbg1" | "hel1" | "ash" | "hil" | "sin";

/** The cloud images that the installer is known to start from. */
export type Image = "debian-12" | "debian-13" | "ubuntu-24.04";

export type Strategy = "overlap" | "delete-first";

export type Protocol = "tcp" | "udp" | "icmp" | "esp" | "gre";

/**
 * - `none`: no volume; everything is on the root disk and lost with the server.
 * - `home`: volumes, but `/nix` is on the root disk.
 * - `home+store`: one of the volumes (as a rule the one at `/home`) carries `/nix` in a folder of its own.
 * - `separate`: a volume of its own is mounted at `/nix`.
 */
export type StorageLayout = "none" | "home" | "home+store" | "separate";
