// What the emulated cloud remembers. Plain data, so that it can be written to a file; each fact stands in one place only (a volume
// knows its server, a server does not list its volumes), so that records cannot contradict one another.
import { z } from "zod";

export const id = z.int().min(1);
export const location = z.string();
export const deleteProtection = z.strictObject({ delete: z.boolean() });
export const labels = z.record(z.string(), z.string());
/** RFC 3339. */
export const moment = z.string();

export const named = { id, name: z.string(), labels, created: moment };

export const sshKey = z.strictObject({ ...named, fingerprint: z.string(), publicKey: z.string() });
export type SshKey = z.infer<typeof sshKey>;

const privateNet = z.strictObject({ network: id, ip: z.string(), aliasIps: z.array(z.string()), mac: z.string() });
export type PrivateNet = z.infer<typeof privateNet>;

export const server = z.strictObject({
  ...named,
  status: z.enum(["running", "initializing", "starting", "stopping", "off", "deleting", "migrating", "rebuilding", "unknown"]),
  /** Id of the server type. */
  type: id,
  location,
  image: id.nullable(),
  iso: id.nullable(),
  /** Of the card with the public addresses. */
  mac: z.string(),
  rescue: z.boolean(),
  backupWindow: z.string().nullable(),
  protection: z.strictObject({ delete: z.boolean(), rebuild: z.boolean() }),
  /** GB. */
  primaryDiskSize: z.int(),
  placementGroup: id.nullable(),
  privateNet: z.array(privateNet),
  userData: z.string(),
  /** OpenSSH public keys given at creation. */
  authorizedKeys: z.array(z.string()),
});
export type Server = z.infer<typeof server>;

export const volume = z.strictObject({
  ...named,
  status: z.enum(["creating", "available"]),
  server: id.nullable(),
  location,
  /** GB. */
  size: z.int(),
  format: z.enum(["ext4", "xfs"]).nullable(),
  protection: deleteProtection,
});
export type Volume = z.infer<typeof volume>;

const firewallRule = z.strictObject({
  direction: z.enum(["in", "out"]),
  protocol: z.enum(["tcp", "udp", "icmp", "esp", "gre"]),
  port: z.string().nullable(),
  source_ips: z.array(z.string()),
  destination_ips: z.array(z.string()),
  description: z.string().nullable(),
});

const firewallTarget = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("server"), server: id, status: z.enum(["pending", "applied"]) }),
  z.strictObject({ type: z.literal("label_selector"), selector: z.string() }),
]);
export type FirewallTarget = z.infer<typeof firewallTarget>;

export const firewall = z.strictObject({ ...named, rules: z.array(firewallRule), appliedTo: z.array(firewallTarget) });
export type Firewall = z.infer<typeof firewall>;

export const primaryIp = z.strictObject({
  ...named,
  type: z.enum(["ipv4", "ipv6"]),
  /** An address, or for IPv6 a network like `2001:db8:0:1::/64`. */
  ip: z.string(),
  location,
  /** Id of the server or load balancer that has it; which of the two, the id says: no two resources share one. */
  assignee: id.nullable(),
  autoDelete: z.boolean(),
  protection: deleteProtection,
  /** Reverse names by address, where they differ from the default. */
  dnsPtr: z.record(z.string(), z.string()),
});
export type PrimaryIp = z.infer<typeof primaryIp>;

export const image = z.strictObject({
  id,
  type: z.enum(["system", "app", "snapshot", "backup"]),
  status: z.enum(["available", "creating", "unavailable"]),
  /** Null for snapshots and backups. */
  name: z.string().nullable(),
  description: z.string(),
  /** GB. */
  imageSize: z.number().nullable(),
  /** GB that a server's disk must have at least. */
  diskSize: z.number(),
  created: moment,
  createdFrom: z.strictObject({ id, name: z.string() }).nullable(),
  /** Id of the server that a backup goes away with. */
  boundTo: id.nullable(),
  osFlavor: z.enum(["ubuntu", "centos", "debian", "fedora", "rocky", "alma", "opensuse", "unknown"]),
  osVersion: z.string().nullable(),
  protection: deleteProtection,
  deprecated: moment.nullable(),
  labels,
  architecture: z.enum(["x86", "arm"]),
});
export type Image = z.infer<typeof image>;

export const placementGroup = z.strictObject({ ...named, type: z.enum(["spread"]) });
export type PlacementGroup = z.infer<typeof placementGroup>;

export const floatingIp = z.strictObject({
  ...named,
  description: z.string().nullable(),
  type: z.enum(["ipv4", "ipv6"]),
  /** As with primary IPs. */
  ip: z.string(),
  homeLocation: location,
  server: id.nullable(),
  protection: deleteProtection,
  dnsPtr: z.record(z.string(), z.string()),
});
export type FloatingIp = z.infer<typeof floatingIp>;

const subnet = z.strictObject({
  type: z.enum(["cloud", "server", "vswitch"]),
  ipRange: z.string(),
  networkZone: z.string(),
  vswitch: id.nullable(),
});
export type Subnet = z.infer<typeof subnet>;

export const network = z.strictObject({
  ...named,
  ipRange: z.string(),
  subnets: z.array(subnet),
  routes: z.array(z.strictObject({ destination: z.string(), gateway: z.string() })),
  exposeRoutesToVswitch: z.boolean(),
  protection: deleteProtection,
});
export type Network = z.infer<typeof network>;

export const certificate = z.strictObject({
  ...named,
  type: z.enum(["uploaded", "managed"]),
  /** PEM, its own first and then the chain; null until a managed one is issued. The private key is not kept. */
  certificate: z.string().nullable(),
  notValidBefore: moment.nullable(),
  notValidAfter: moment.nullable(),
  domainNames: z.array(z.string()),
  fingerprint: z.string().nullable(),
  /** Of a managed one. */
  issuance: z.enum(["pending", "completed", "failed"]).nullable(),
  error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
});
export type Certificate = z.infer<typeof certificate>;

export const action = z.strictObject({
  id,
  command: z.string(),
  status: z.enum(["running", "success", "error"]),
  started: moment,
  finished: moment.nullable(),
  resources: z.array(z.strictObject({ id, type: z.string() })),
  error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
  /** Virtual milliseconds at which it began, and how long it is to take; its progress follows from them. */
  begunAt: z.number(),
  takes: z.number(),
});
export type Action = z.infer<typeof action>;
