// Load balancers and what they lead to.
import { defaultPtr, firstAddress } from "./addresses";
import { parseSelector } from "./labels";
import type { LoadBalancer, Target } from "./loadBalancerRecords";
import type { Project } from "./project";
import type { Server } from "./records";

export type Health = "healthy" | "unhealthy" | "unknown";

/** A server that a target stands for, with the address it is reached at; empty where it has none. */
export interface Reached {
  server: Server;
  ip: string;
}

/** The servers behind a target as of now; none behind an address of somebody else's. */
export function reachedBy(project: Project, loadBalancer: LoadBalancer, target: Target): Reached[] {
  if (target.type === "ip") return [];
  const wanted = target.type === "server" ? target.ip : null;
  return serversOf(project, target).map((server) => ({
    server,
    ip: wanted ?? (target.usePrivateIp ? privateIpOf(loadBalancer, server) : project.primaryIpOf(server.id, "ipv4")?.ip) ?? "",
  }));
}

function serversOf(project: Project, target: Exclude<Target, { type: "ip" }>): Server[] {
  if (target.type === "label_selector") {
    const matches = parseSelector(target.selector);
    return project.servers.list().filter(({ labels }) => matches(labels));
  }
  const server = project.servers.get(target.server);
  return server ? [server] : [];
}

/** In the network that both are in. */
export function privateIpOf({ privateNet }: LoadBalancer, server: Server): string | undefined {
  return server.privateNet.find((net) => privateNet.some(({ network }) => network === net.network))?.ip;
}

/** Nothing is checked: a server that runs and can be reached counts as healthy. */
export function healthOf({ server, ip }: Reached): Health {
  if (server.status === "initializing" || server.status === "starting") return "unknown";
  return server.status === "running" && ip !== "" ? "healthy" : "unhealthy";
}

/** The load balancers that lead to a server. */
export const balancersOf = (project: Project, serverId: number): LoadBalancer[] =>
  project.loadBalancers
    .list()
    .filter((each) => each.targets.some((target) => reachedBy(project, each, target).some(({ server }) => server.id === serverId)));

/** A server that goes away is nobody's target any more. */
export function leaveLoadBalancers(project: Project, serverId: number): void {
  for (const loadBalancer of project.loadBalancers.values()) {
    loadBalancer.targets = loadBalancer.targets.filter((target) => target.type !== "server" || target.server !== serverId);
  }
}

export interface PublicAddress {
  /** Of the primary IP; null for an address of its own. */
  id: number | null;
  ip: string;
  dnsPtr: string | null;
}

/** Its public address: a primary IP that it was given, or one of its own. */
export function publicAddress(project: Project, loadBalancer: LoadBalancer, type: "ipv4" | "ipv6"): PublicAddress {
  const given = project.primaryIpOf(loadBalancer.id, type);
  const address = given?.ip ?? loadBalancer[type] ?? "";
  const ip = type === "ipv6" ? firstAddress(address) : address;
  const named = (given ?? loadBalancer).dnsPtr[ip];
  return { id: given?.id ?? null, ip, dnsPtr: named ?? (type === "ipv4" ? defaultPtr(ip) : null) };
}
