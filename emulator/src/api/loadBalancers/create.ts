import { z } from "zod";
import { findLoadBalancerType } from "../../catalogue/loadBalancerTypes";
import { locations } from "../../catalogue/locations";
import { ApiError, invalidField } from "../../model/errors";
import type { LoadBalancer } from "../../model/loadBalancerRecords";
import type { PrimaryIp } from "../../model/records";
import { presentAction } from "../actions";
import { id, idOrName, labels, requireLocation } from "../fields";
import { type Call, created, post } from "../route";
import { placeIn } from "./networks";
import { presentLoadBalancer } from "./present";
import { newService, serviceBody } from "./services";
import { newTarget, targetBody } from "./targets";

export const balancerName = z
  .string()
  .min(1)
  .max(128)
  .regex(/^\S(.*\S)?$/, "must not begin or end with a blank");
export const algorithm = z.object({ type: z.enum(["round_robin", "least_connections"]) });

const body = z
  .object({
    name: balancerName,
    load_balancer_type: idOrName,
    algorithm: algorithm.prefault({ type: "round_robin" }),
    services: z.array(serviceBody).default([]),
    targets: z.array(targetBody).default([]),
    labels: labels.default({}),
    public_interface: z.boolean().default(true),
    network: id.optional(),
    network_zone: z.string().optional(),
    location: idOrName.optional(),
    public_net: z.object({ ipv4: id.nullish(), ipv6: id.nullish() }).optional(),
  })
  .refine((given) => (given.location === undefined) !== (given.network_zone === undefined), {
    path: ["location"],
    message: "either location or network_zone is required, and not both",
  });
type Body = z.output<typeof body>;

export const createRoute = post("/load_balancers", body, (call) => {
  const { world, project, body: given } = call;
  project.loadBalancers.requireFreeName(given.name);
  const location = chooseLocation(given);
  const ips = { ipv4: chooseAddress(call, "ipv4", location), ipv6: chooseAddress(call, "ipv6", location) };
  const loadBalancer: LoadBalancer = {
    id: world.newId(),
    name: given.name,
    labels: given.labels,
    created: world.timestamp(),
    type: requireType(given.load_balancer_type).id,
    location,
    algorithm: given.algorithm.type,
    publicInterface: given.public_interface,
    ipv4: ips.ipv4 ? null : world.freeAddress("ipv4"),
    ipv6: ips.ipv6 ? null : world.freeAddress("ipv6"),
    dnsPtr: {},
    privateNet: [],
    services: [],
    targets: [],
    protection: { delete: false },
  };
  join(call, loadBalancer);
  for (const service of given.services) loadBalancer.services.push(newService(project, service, loadBalancer.services, loadBalancer.type));
  for (const target of given.targets) loadBalancer.targets.push(newTarget(project, loadBalancer, target));
  project.loadBalancers.add(loadBalancer);
  for (const ip of [ips.ipv4, ips.ipv6]) if (ip) ip.assignee = loadBalancer.id;

  const action = world.actions.start(project, {
    command: "create_load_balancer",
    resources: [{ type: "load_balancer", id: loadBalancer.id }],
    seconds: world.latencies.action,
    effect: () => undefined,
    undo: () => {
      for (const ip of project.primaryIps.values()) if (ip.assignee === loadBalancer.id) ip.assignee = null;
      project.loadBalancers.delete(loadBalancer.id);
    },
  });
  return created({ load_balancer: presentLoadBalancer(project, loadBalancer), action: presentAction(world, action) });
});

/** @throws ApiError `invalid_input` */
export function requireType(idOrNameGiven: number | string) {
  const found = findLoadBalancerType(idOrNameGiven);
  if (!found) throw invalidField("load_balancer_type", `load_balancer_type '${idOrNameGiven}' not found`);
  return found;
}

function chooseLocation({ location, network_zone: zone }: Body): string {
  if (location !== undefined) return requireLocation(location).name;
  const found = locations.find(({ network_zone }) => network_zone === zone);
  if (!found) throw invalidField("network_zone", `network_zone '${zone ?? ""}' does not exist`);
  return found.name;
}

/** A primary IP for it, where one was asked for; that can be done since 2026-10-05. */
function chooseAddress({ world, project, body: given }: Call<Body>, family: "ipv4" | "ipv6", location: string): PrimaryIp | undefined {
  const wanted = given.public_net?.[family];
  if (wanted === null || wanted === undefined || !world.history.has("loadBalancerPrimaryIps")) return undefined;
  const ip = project.primaryIps.get(wanted);
  if (!ip) throw invalidField(`public_net.${family}`, `primary_ip '${wanted}' not found`);
  if (ip.type !== family) throw new ApiError(412, "primary_ip_version_mismatch", `primary IP ${wanted} is not of type ${family}`);
  if (ip.assignee !== null) throw new ApiError(422, "primary_ip_assigned", `primary IP ${wanted} is already assigned`);
  if (ip.location !== location) throw invalidField(`public_net.${family}`, `primary IP ${wanted} is in ${ip.location}`);
  return ip;
}

function join({ project, body: given }: Call<Body>, loadBalancer: LoadBalancer): void {
  if (given.network === undefined) {
    if (!given.public_interface) throw invalidField("public_interface", "without it, a network is required");
    return;
  }
  const network = project.networks.get(given.network);
  if (!network) throw invalidField("network", `network '${given.network}' not found`);
  loadBalancer.privateNet = [{ network: network.id, ip: placeIn(project, loadBalancer, network) }];
}
