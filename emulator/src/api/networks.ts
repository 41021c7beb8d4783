import { z } from "zod";
import { locations } from "../catalogue/locations";
import { contains, formatIpv4, formatRange, isPrivate, overlap, parseIpv4, parseRange, type Range } from "../model/cidr";
import { ApiError, conflict, invalidField, notFound, protectedFrom } from "../model/errors";
import { addressesIn, balancersIn, gatewayOf, membersOf, rangeOf } from "../model/privateNets";
import type { Project } from "../model/project";
import type { Network, Subnet } from "../model/records";
import { actionRoutesOf, beginChange, protectionRoute } from "./actions";
import { freeName, id, labels } from "./fields";
import { list } from "./list";
import { membersRoute } from "./networkMembers";
import { type Answer, type Call, created, get, noContent, ok, post, put, remove, type Route } from "./route";

const MAX_SUBNETS = 50;
const MAX_ROUTES = 100;
/** Length of the prefix of a subnet whose range the API chooses. */
const SUBNET_BITS = 24;

const networkRange = z
  .string()
  .refine(
    (text) => isNetworkRange(parseRange(text)),
    "is not a private network (RFC 1918) of /8 to /24 in CIDR notation without host bits",
  );

const subnetBody = z.object({
  type: z.enum(["cloud", "server", "vswitch"]),
  ip_range: z.string().optional(),
  network_zone: z.enum([...new Set(locations.map((location) => location.network_zone))]),
  vswitch_id: id.nullish(),
});
type SubnetBody = z.output<typeof subnetBody>;

const routeBody = z.object({
  destination: z.string().refine((text) => parseRange(text) !== undefined, "is not a network in CIDR notation"),
  gateway: z.string().refine((text) => parseIpv4(text) !== undefined, "is not an IPv4 address"),
});

const networkBody = z.object({
  name: freeName,
  ip_range: networkRange,
  labels: labels.default({}),
  subnets: z.array(subnetBody).max(MAX_SUBNETS).default([]),
  routes: z.array(routeBody).max(MAX_ROUTES).default([]),
  expose_routes_to_vswitch: z.boolean().default(false),
});

const presentNetwork = (project: Project, network: Network): object => ({
  id: network.id,
  name: network.name,
  ip_range: network.ipRange,
  subnets: network.subnets.map((subnet) => ({
    type: subnet.type,
    ip_range: subnet.ipRange,
    network_zone: subnet.networkZone,
    gateway: formatIpv4(gatewayOf(network)),
    vswitch_id: subnet.vswitch,
  })),
  routes: network.routes,
  servers: membersOf(project, network).map(({ id }) => id),
  load_balancers: balancersIn(project, network).map(({ id }) => id),
  expose_routes_to_vswitch: network.exposeRoutesToVswitch,
  protection: { ...network.protection },
  labels: network.labels,
  created: network.created,
});

const create = post("/networks", networkBody, ({ world, project, body }) => {
  project.networks.requireFreeName(body.name);
  const network: Network = {
    id: world.newId(),
    name: body.name,
    labels: body.labels,
    created: world.timestamp(),
    ipRange: body.ip_range,
    subnets: [],
    routes: [],
    exposeRoutesToVswitch: body.expose_routes_to_vswitch,
    protection: { delete: false },
  };
  for (const subnet of body.subnets) network.subnets.push(newSubnet(project, network, subnet));
  for (const route of body.routes) network.routes.push(newRoute(network, route));
  return created({ network: presentNetwork(project, project.networks.add(network)) });
});

const addSubnet = post("/networks/:id/actions/add_subnet", subnetBody, (call) => {
  const network = requireFree(call);
  if (network.subnets.length >= MAX_SUBNETS)
    throw new ApiError(403, "resource_limit_exceeded", `a network has at most ${MAX_SUBNETS} subnets`);
  const subnet = newSubnet(call.project, network, call.body);
  return change(call, network, "add_subnet", () => network.subnets.push(subnet));
});

const deleteSubnet = post("/networks/:id/actions/delete_subnet", z.object({ ip_range: z.string() }), (call) => {
  const network = requireFree(call);
  const subnet = network.subnets.find(({ ipRange }) => ipRange === call.body.ip_range);
  if (!subnet) throw new ApiError(404, "not_found", `network has no subnet ${call.body.ip_range}`);
  const range = rangeOf(subnet.ipRange);
  const addresses = addressesIn(call.project, network).map((ip) => parseIpv4(ip) ?? -1);
  if (addresses.some((ip) => contains(range, { first: ip, last: ip }))) {
    // The Terraform provider looks for these words.
    throw new ApiError(422, "service_error", "cannot remove subnet because servers are attached to it");
  }
  return change(call, network, "delete_subnet", () => (network.subnets = network.subnets.filter((other) => other !== subnet)));
});

const addRoute = post("/networks/:id/actions/add_route", routeBody, (call) => {
  const network = requireFree(call);
  const route = newRoute(network, call.body);
  return change(call, network, "add_route", () => network.routes.push(route));
});

const deleteRoute = post("/networks/:id/actions/delete_route", routeBody, (call) => {
  const network = requireFree(call);
  const { destination, gateway } = call.body;
  const route = network.routes.find((each) => each.destination === destination && each.gateway === gateway);
  if (!route) throw new ApiError(404, "not_found", `network has no route to ${destination} by ${gateway}`);
  return change(call, network, "delete_route", () => (network.routes = network.routes.filter((other) => other !== route)));
});

const changeRange = post("/networks/:id/actions/change_ip_range", z.object({ ip_range: networkRange }), (call) => {
  const network = requireFree(call);
  const [now, wanted] = [rangeOf(network.ipRange), rangeOf(call.body.ip_range)];
  if (wanted.first !== now.first || wanted.bits > now.bits)
    throw invalidField("ip_range", `must begin as ${network.ipRange} does and be larger`);
  return change(call, network, "change_ip_range", () => (network.ipRange = formatRange(wanted)));
});

export const networkRoutes: Route[] = [
  get("/networks", (call) =>
    list(call, {
      key: "networks",
      items: call.project.networks.list(),
      present: (network) => presentNetwork(call.project, network),
      filters: { name: (network) => network.name },
      sort: { id: (network) => network.id, name: (network) => network.name, created: (network) => network.created },
      labels: (network) => network.labels,
    }),
  ),
  get("/networks/:id", ({ project, id }) => ok({ network: presentNetwork(project, requireNetwork(project, id)) })),
  create,
  put(
    "/networks/:id",
    z.object({ name: freeName.optional(), labels: labels.optional(), expose_routes_to_vswitch: z.boolean().optional() }),
    (call) => {
      const { project, body } = call;
      const network = requireFree(call);
      if (body.name !== undefined) project.networks.requireFreeName(body.name, network);
      Object.assign(network, {
        name: body.name ?? network.name,
        labels: body.labels ?? network.labels,
        exposeRoutesToVswitch: body.expose_routes_to_vswitch ?? network.exposeRoutesToVswitch,
      });
      return ok({ network: presentNetwork(project, network) });
    },
  ),
  remove("/networks/:id", (call) => {
    const network = requireFree(call);
    if (network.protection.delete) throw protectedFrom("network", "deletion");
    for (const server of membersOf(call.project, network))
      server.privateNet = server.privateNet.filter((net) => net.network !== network.id);
    for (const balancer of balancersIn(call.project, network)) balancer.privateNet = [];
    call.project.networks.delete(network.id);
    return noContent();
  }),
  addSubnet,
  deleteSubnet,
  addRoute,
  deleteRoute,
  changeRange,
  protectionRoute("/networks/:id", "network", requireFree),
  membersRoute,
  ...actionRoutesOf("/networks", "network", requireNetwork),
];

/** @throws ApiError `not_found` */
export function requireNetwork(project: Project, id: number): Network {
  const found = project.networks.get(id);
  if (!found) throw notFound("network", id);
  return found;
}

/** A network that is being changed answers `conflict`, where others answer `locked`. */
function requireFree(call: Call<unknown>): Network {
  const network = requireNetwork(call.project, call.id);
  if (call.world.actions.isLocked("network", network.id)) throw conflict("network is being changed at the moment");
  return network;
}

const change = (call: Call<unknown>, network: Network, command: string, effect: () => unknown): Answer =>
  beginChange(call, "network", network.id, command, effect);

function newSubnet(project: Project, network: Network, body: SubnetBody): Subnet {
  if ((body.type === "vswitch") !== (body.vswitch_id !== null && body.vswitch_id !== undefined)) {
    throw invalidField("vswitch_id", "is required for type vswitch, and for no other");
  }
  if (body.type === "vswitch") requireFreeVswitch(project, network, body.vswitch_id ?? 0);
  const others = network.subnets.map(({ ipRange }) => rangeOf(ipRange));
  const range = body.ip_range === undefined ? firstFree(network, others) : parseRange(body.ip_range);
  if (!range || !contains(rangeOf(network.ipRange), range)) throw invalidField("ip_range", `is not a range within ${network.ipRange}`);
  if (others.some((other) => overlap(other, range))) throw invalidField("ip_range", "overlaps with another subnet");
  return { type: body.type, ipRange: formatRange(range), networkZone: body.network_zone, vswitch: body.vswitch_id ?? null };
}

function requireFreeVswitch(project: Project, network: Network, vswitch: number): void {
  const holder = [...project.networks.values(), network].find(({ subnets }) => subnets.some((subnet) => subnet.vswitch === vswitch));
  if (holder) throw new ApiError(422, "vswitch_id_already_used", `vSwitch ${vswitch} is registered in network ${holder.id} already`);
}

function firstFree(network: Network, others: Range[]): Range | undefined {
  const { first: begin, last: end } = rangeOf(network.ipRange);
  const size = 2 ** (32 - SUBNET_BITS);
  for (let first = begin; first + size - 1 <= end; first += size) {
    const range = { first, last: first + size - 1, bits: SUBNET_BITS };
    if (!others.some((other) => overlap(other, range))) return range;
  }
  return undefined;
}

function newRoute(network: Network, { destination, gateway }: z.output<typeof routeBody>): Network["routes"][0] {
  const by = parseIpv4(gateway) ?? -1;
  if (!contains(rangeOf(network.ipRange), { first: by, last: by })) throw invalidField("gateway", `is not in ${network.ipRange}`);
  if (by === gatewayOf(network)) throw invalidField("gateway", "cannot be the network's own gateway");
  if (network.routes.length >= MAX_ROUTES) throw new ApiError(403, "resource_limit_exceeded", `a network has at most ${MAX_ROUTES} routes`);
  if (network.routes.some((other) => other.destination === destination)) throw invalidField("destination", "has a route already");
  return { destination, gateway };
}

function isNetworkRange(range: Range | undefined): boolean {
  return range !== undefined && range.bits >= 8 && range.bits <= SUBNET_BITS && isPrivate(range);
}
