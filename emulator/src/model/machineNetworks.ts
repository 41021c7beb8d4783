// What machines must know of the networks around them: firewalls, private networks, addresses.
import type { MachineNetwork, PrivateCard } from "../machineHost";
import { locationNamed } from "../catalogue/locations";
import { firstAddress } from "./addresses";
import { contains, formatIpv4, parseIpv4 } from "./cidr";
import { firewallsOf } from "./firewalling";
import { gatewayOf, rangeOf } from "./privateNets";
import type { Project } from "./project";
import type { PrivateNet, Server } from "./records";
import { hasMachine, type World } from "./world";

/** How a server is connected at the moment. A firewall that is still being applied is not there yet. */
export function networkOf(project: Project, server: Server): MachineNetwork {
  const ipv6 = project.primaryIpOf(server.id, "ipv6");
  const firewalls = firewallsOf(project, server).filter(({ status }) => status === "applied");
  const rules = firewalls.flatMap(({ firewall }) => firewall.rules).filter(({ direction }) => direction === "in");
  return {
    ipv4: project.primaryIpOf(server.id, "ipv4")?.ip ?? null,
    ipv6: ipv6 ? firstAddress(ipv6.ip) : null,
    // Several firewalls let in what any of them does.
    inbound: firewalls.length === 0 ? null : rules.map(({ protocol, port, source_ips }) => ({ protocol, port, sourceIps: source_ips })),
    cards: server.privateNet.flatMap((net) => cardOf(project, net) ?? []),
    location: server.location,
    networkZone: locationNamed(server.location).network_zone,
  };
}

function cardOf(project: Project, net: PrivateNet): PrivateCard | undefined {
  const network = project.networks.get(net.network);
  if (!network) return undefined;
  const address = parseIpv4(net.ip) ?? 0;
  const subnet = network.subnets.find(({ ipRange }) => contains(rangeOf(ipRange), { first: address, last: address }));
  return {
    networkId: network.id,
    networkName: network.name,
    range: network.ipRange,
    subnet: subnet?.ipRange ?? network.ipRange,
    gateway: formatIpv4(gatewayOf(network)),
    ip: net.ip,
    aliasIps: net.aliasIps,
    mac: net.mac,
  };
}

/** Tells machines what has changed around them, whatever changed it: a firewall, a label that one selects by, a network, an address. */
export class MachineNetworks {
  private readonly told = new Map<number, string>();

  constructor(private readonly world: World) {}

  /** Resolves when every machine knows. */
  async tell(): Promise<void> {
    const { host, projects } = this.world;
    if (!host.connect) return;
    const changes: Promise<void>[] = [];
    for (const project of projects.values()) {
      for (const server of project.servers.values()) {
        const network = networkOf(project, server);
        const text = JSON.stringify(network);
        if (this.told.get(server.id) === text || !hasMachine(this.world, server.id)) continue;
        this.told.set(server.id, text);
        changes.push(host.connect(server.id, network));
      }
    }
    await Promise.all(changes);
  }

  /** A server is gone, and its number never comes again. */
  forget(serverId: number): void {
    this.told.delete(serverId);
  }
}
