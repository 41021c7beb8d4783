// Which firewalls a server has: those applied to it by name, and those whose label selector it matches at the moment.
import { parseSelector } from "./labels";
import type { Project } from "./project";
import type { Firewall, FirewallTarget, Server } from "./records";

type SelectorTarget = Extract<FirewallTarget, { type: "label_selector" }>;

export function firewallsOf(project: Project, server: Server): { firewall: Firewall; status: "pending" | "applied" }[] {
  return project.firewalls.list().flatMap((firewall) => {
    const direct = firewall.appliedTo.find((target) => target.type === "server" && target.server === server.id);
    if (direct?.type === "server") return [{ firewall, status: direct.status }];
    const selected = firewall.appliedTo.some((target) => target.type === "label_selector" && parseSelector(target.selector)(server.labels));
    return selected ? [{ firewall, status: "applied" as const }] : [];
  });
}

export function serversOf(project: Project, target: SelectorTarget): Server[] {
  const matches = parseSelector(target.selector);
  return project.servers.list().filter((server) => matches(server.labels));
}

/** A server that goes away leaves its firewalls. */
export function leaveFirewalls(project: Project, serverId: number): void {
  for (const firewall of project.firewalls.values()) {
    firewall.appliedTo = firewall.appliedTo.filter((target) => target.type !== "server" || target.server !== serverId);
  }
}
