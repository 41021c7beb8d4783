// Servers in private networks: which address they get there.
import { locationNamed } from "../catalogue/locations";
import { macAddress } from "./addresses";
import { contains, formatIpv4, overlap, parseIpv4, parseRange, type Range } from "./cidr";
import { ApiError, invalidField } from "./errors";
import type { LoadBalancer } from "./loadBalancerRecords";
import type { Project } from "./project";
import type { Network, PrivateNet, Server, Subnet } from "./records";

export interface PlaceWanted {
  ip?: string;
  aliasIps: string[];
  /** Only in this subnet. */
  ipRange?: string;
}

/** What counts of a server that looks for a place. */
export type Newcomer = Pick<Server, "id" | "location" | "privateNet">;

/** A range that was checked when it was recorded. */
export function rangeOf(text: string): Range {
  const range = parseRange(text);
  if (!range) throw new Error(`${text} is on record and no range`);
  return range;
}

/** The first address of a network is its gateway, for all its subnets. */
export const gatewayOf = (network: Network): number => rangeOf(network.ipRange).first + 1;

export const membersOf = (project: Project, network: Network): Server[] =>
  project.servers.list().filter(({ privateNet }) => privateNet.some((net) => net.network === network.id));

export const balancersIn = (project: Project, network: Network): LoadBalancer[] =>
  project.loadBalancers.list().filter(({ privateNet }) => privateNet.some((net) => net.network === network.id));

/**
 * The place of a server in a network; nothing is changed yet.
 *
 * @throws ApiError when there is none
 */
export function findPlace(project: Project, server: Newcomer, network: Network, wanted: PlaceWanted): PrivateNet {
  if (server.privateNet.some((net) => net.network === network.id)) {
    throw new ApiError(422, "server_already_attached", "server is already attached to the network");
  }
  requireNoOverlap(project, server, network);
  const zone = locationNamed(server.location).network_zone;
  const subnets = network.subnets.filter(
    ({ type, networkZone, ipRange }) =>
      type !== "vswitch" && networkZone === zone && (wanted.ipRange === undefined || ipRange === wanted.ipRange),
  );
  if (subnets.length === 0) throw new ApiError(422, "no_subnet_available", `network has no subnet for servers in ${zone}`);
  const taken = takenIn(project, network);
  const ip = wanted.ip === undefined ? lowestFree(network, subnets, taken) : requireFree(network, subnets, taken, wanted.ip, "ip");
  for (const alias of wanted.aliasIps) requireFree(network, subnets, new Set([...taken, ip]), alias, "alias_ips");
  return { network: network.id, ip: formatIpv4(ip), aliasIps: wanted.aliasIps, mac: macAddress(server.id + network.id) };
}

/** @throws ApiError when one of them is not to be had */
export function requireAliases(project: Project, server: Server, network: Network, aliasIps: string[]): void {
  const own = server.privateNet.find((net) => net.network === network.id);
  const others = takenIn(project, network);
  for (const alias of own?.aliasIps ?? []) others.delete(parseIpv4(alias) ?? -1);
  for (const alias of aliasIps) requireFree(network, network.subnets, others, alias, "alias_ips");
}

function takenIn(project: Project, network: Network): Set<number> {
  return new Set(addressesIn(project, network).map((ip) => parseIpv4(ip) ?? -1));
}

/** Every address that a server or a load balancer has in a network, aliases too. */
export function addressesIn(project: Project, network: Network): string[] {
  const servers = membersOf(project, network).flatMap(({ privateNet }) => privateNet.filter((net) => net.network === network.id));
  const balancers = balancersIn(project, network).flatMap(({ privateNet }) => privateNet);
  return [...servers.flatMap(({ ip, aliasIps }) => [ip, ...aliasIps]), ...balancers.map(({ ip }) => ip)];
}

/** Neither the network's gateway nor the subnet's first and last address are for servers. */
function isUsable(network: Network, { ipRange }: Subnet, ip: number): boolean {
  const { first, last } = rangeOf(ipRange);
  return ip > first && ip < last && ip !== gatewayOf(network);
}

function lowestFree(network: Network, subnets: Subnet[], taken: Set<number>): number {
  for (const subnet of subnets) {
    const { first, last } = rangeOf(subnet.ipRange);
    for (let ip = first; ip <= last; ip++) if (isUsable(network, subnet, ip) && !taken.has(ip)) return ip;
  }
  throw new ApiError(422, "no_subnet_available", "no address is left in the network");
}

function requireFree(network: Network, subnets: Subnet[], taken: Set<number>, text: string, field: string): number {
  const ip = parseIpv4(text);
  if (ip === undefined) throw invalidField(field, `'${text}' is not an IPv4 address`);
  const subnet = subnets.find(({ ipRange }) => contains(rangeOf(ipRange), { first: ip, last: ip }));
  if (!subnet || !isUsable(network, subnet, ip) || taken.has(ip))
    throw new ApiError(422, "ip_not_available", `${text} is not available in the network`);
  return ip;
}

function requireNoOverlap(project: Project, server: Newcomer, network: Network): void {
  for (const { network: id } of server.privateNet) {
    const other = project.networks.get(id);
    if (other && overlap(rangeOf(other.ipRange), rangeOf(network.ipRange))) {
      throw new ApiError(422, "networks_overlap", `the network overlaps with network ${id}, which the server is in`);
    }
  }
}
