import { findIso } from "../../catalogue/isos";
import { locationNamed } from "../../catalogue/locations";
import { serverTypeById } from "../../catalogue/serverTypes";
import { firewallsOf } from "../../model/firewalling";
import { notFound } from "../../model/errors";
import { balancersOf } from "../../model/loadBalancing";
import type { Project } from "../../model/project";
import type { PlacementGroup, PrimaryIp, Server } from "../../model/records";
import { ptrsOf } from "../../model/reverseNames";
import type { World } from "../../model/world";
import { presentIso, presentLocation, presentServerType } from "../catalogue";
import { datacenterOf } from "../datacenters";
import { presentImage } from "../images";

/** @throws ApiError `not_found` */
export function requireServer(project: Project, id: number): Server {
  const found = project.servers.get(id);
  if (!found) throw notFound("server", id);
  return found;
}

export function presentServer(world: World, project: Project, server: Server): object {
  const type = serverTypeById(server.type);
  const image = server.image === null ? undefined : world.images(project).find(({ id }) => id === server.image);
  const iso = server.iso === null ? undefined : findIso(server.iso);
  const group = server.placementGroup === null ? undefined : project.placementGroups.get(server.placementGroup);
  return {
    id: server.id,
    name: server.name,
    status: server.status,
    created: server.created,
    public_net: presentPublicNet(project, server),
    private_net: server.privateNet.map((net) => ({ network: net.network, ip: net.ip, alias_ips: net.aliasIps, mac_address: net.mac })),
    server_type: presentServerType(world, type),
    location: presentLocation(locationNamed(server.location)),
    ...datacenterOf(world, server.location),
    image: image ? presentImage(world, image) : null,
    iso: iso ? presentIso(iso) : null,
    rescue_enabled: server.rescue,
    locked: world.actions.isLocked("server", server.id),
    backup_window: server.backupWindow,
    outgoing_traffic: 0,
    ingoing_traffic: 0,
    included_traffic: 20 * 2 ** 40,
    protection: { ...server.protection },
    labels: server.labels,
    volumes: project.volumesOf(server.id).map(({ id }) => id),
    load_balancers: balancersOf(project, server.id).map(({ id }) => id),
    primary_disk_size: server.primaryDiskSize,
    placement_group: group ? presentPlacementGroup(project, group) : null,
  };
}

function presentPublicNet(project: Project, server: Server): object {
  const ipv4 = project.primaryIpOf(server.id, "ipv4");
  const ipv6 = project.primaryIpOf(server.id, "ipv6");
  return {
    // Null, not left out, where a family is switched off: clients tell the two apart.
    ipv4: ipv4 ? { ...address(ipv4), dns_ptr: ptrsOf(ipv4)[0]?.dns_ptr ?? "" } : null,
    ipv6: ipv6 ? { ...address(ipv6), dns_ptr: ptrsOf(ipv6) } : null,
    floating_ips: project.floatingIps
      .list()
      .filter((ip) => ip.server === server.id)
      .map(({ id }) => id),
    firewalls: firewallsOf(project, server).map(({ firewall, status }) => ({ id: firewall.id, status })),
  };
}

const address = (ip: PrimaryIp): object => ({ id: ip.id, ip: ip.ip, blocked: false });

export function presentPlacementGroup(project: Project, group: PlacementGroup): object {
  return {
    id: group.id,
    name: group.name,
    labels: group.labels,
    type: group.type,
    created: group.created,
    servers: project.servers
      .list()
      .filter(({ placementGroup }) => placementGroup === group.id)
      .map(({ id }) => id),
  };
}
