// What the emulated cloud remembers. Plain data, so that it can be written to a file; each fact stands in one place only (a volume
// knows its server, a server does not list its volumes), so that records cannot contradict one another.

export interface Named {
  id: number;
  name: string;
  labels: Record<string, string>;
  /** RFC 3339. */
  created: string;
}

export interface SshKey extends Named {
  fingerprint: string;
  publicKey: string;
}

export type ServerStatus =
  "running" | "initializing" | "starting" | "stopping" | "off" | "deleting" | "migrating" | "rebuilding" | "unknown";

export interface PrivateNet {
  network: number;
  ip: string;
  aliasIps: string[];
  mac: string;
}

export interface Server extends Named {
  status: ServerStatus;
  /** Id of the server type. */
  type: number;
  location: string;
  image: number | null;
  iso: number | null;
  /** Address in the customer's network of the machine's first card. */
  mac: string;
  rescue: boolean;
  backupWindow: string | null;
  protection: { delete: boolean; rebuild: boolean };
  primaryDiskSize: number;
  placementGroup: number | null;
  privateNet: PrivateNet[];
  userData: string;
  /** OpenSSH public keys given at creation. */
  authorizedKeys: string[];
}

export interface Volume extends Named {
  status: "creating" | "available";
  server: number | null;
  location: string;
  /** GB. */
  size: number;
  format: "ext4" | "xfs" | null;
  protection: { delete: boolean };
}

export interface FirewallRule {
  direction: "in" | "out";
  protocol: "tcp" | "udp" | "icmp" | "esp" | "gre";
  port: string | null;
  source_ips: string[];
  destination_ips: string[];
  description: string | null;
}

export type FirewallTarget =
  { type: "server"; server: number; status: "pending" | "applied" } | { type: "label_selector"; selector: string };

export interface Firewall extends Named {
  rules: FirewallRule[];
  appliedTo: FirewallTarget[];
}

export interface PrimaryIp extends Named {
  type: "ipv4" | "ipv6";
  /** An address, or for IPv6 a network like `2001:db8:0:1::/64`. */
  ip: string;
  location: string;
  /** Id of the server that has it. */
  assignee: number | null;
  autoDelete: boolean;
  protection: { delete: boolean };
  /** Reverse names by address, where they differ from the default. */
  dnsPtr: Record<string, string>;
}

export interface Image {
  id: number;
  type: "system" | "app" | "snapshot" | "backup";
  status: "available" | "creating" | "unavailable";
  name: string | null;
  description: string;
  imageSize: number | null;
  diskSize: number;
  created: string;
  createdFrom: { id: number; name: string } | null;
  boundTo: number | null;
  osFlavor: "ubuntu" | "centos" | "debian" | "fedora" | "rocky" | "alma" | "opensuse" | "unknown";
  osVersion: string | null;
  protection: { delete: boolean };
  deprecated: string | null;
  labels: Record<string, string>;
  architecture: "x86" | "arm";
}

export interface PlacementGroup extends Named {
  type: "spread";
}

export interface Action {
  id: number;
  command: string;
  status: "running" | "success" | "error";
  started: string;
  finished: string | null;
  resources: { id: number; type: string }[];
  error: { code: string; message: string } | null;
  /** Virtual milliseconds at which it began, and how long it is to take; its progress follows from them. */
  begunAt: number;
  takes: number;
}
