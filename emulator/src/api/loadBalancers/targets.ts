// What a load balancer leads to: servers, by number or by labels, and addresses.
import { isIP } from "node:net";
import { z } from "zod";
import { loadBalancerTypeById } from "../../catalogue/loadBalancerTypes";
import { contains, isPrivate, parseIpv4 } from "../../model/cidr";
import { ApiError, invalidField } from "../../model/errors";
import { parseSelector } from "../../model/labels";
import type { LoadBalancer, Target } from "../../model/loadBalancerRecords";
import { privateIpOf } from "../../model/loadBalancing";
import { rangeOf } from "../../model/privateNets";
import type { Project } from "../../model/project";
import type { Server } from "../../model/records";
import { owns } from "../../model/reverseNames";
import { id } from "../fields";
import { post, type Route } from "../route";
import { changeBalancer } from "./change";
import { requireLoadBalancer } from "./present";
import { tooMany } from "./services";

const ipAddress = z.string().refine((text) => isIP(text) !== 0, "is not an IP address");
const selector = z.string().min(1).max(1000);

export const targetBody = z.discriminatedUnion("type", [
  z.object({ type: z.literal("server"), server: z.object({ id, ip: ipAddress.optional() }), use_private_ip: z.boolean().default(false) }),
  z.object({ type: z.literal("label_selector"), label_selector: z.object({ selector }), use_private_ip: z.boolean().default(false) }),
  z.object({ type: z.literal("ip"), ip: z.object({ ip: ipAddress }), use_private_ip: z.literal(false).optional() }),
]);
type Body = z.output<typeof targetBody>;

function toTarget(body: Body): Target {
  if (body.type === "ip") return { type: "ip", ip: body.ip.ip };
  if (body.type === "label_selector") {
    return { type: "label_selector", selector: body.label_selector.selector, usePrivateIp: body.use_private_ip };
  }
  return { type: "server", server: body.server.id, ip: body.server.ip ?? null, usePrivateIp: body.use_private_ip };
}

/** What tells one target from another; how it is reached does not. */
function keyOf(target: Target): string {
  if (target.type === "ip") return `ip ${target.ip}`;
  return target.type === "server" ? `server ${target.server}` : `label_selector ${target.selector}`;
}

/**
 * A target that this load balancer can lead to.
 *
 * @throws ApiError when it cannot
 */
export function newTarget(project: Project, loadBalancer: LoadBalancer, body: Body): Target {
  const target = toTarget(body);
  if (loadBalancer.targets.some((other) => keyOf(other) === keyOf(target))) {
    throw new ApiError(422, "target_already_defined", "the load balancer has this target already");
  }
  const { maxTargets, name } = loadBalancerTypeById(loadBalancer.type);
  if (loadBalancer.targets.length >= maxTargets) throw tooMany(`a load balancer of type ${name} has at most ${maxTargets} targets`);
  if (target.type === "ip") requireForeignIp(project, loadBalancer, target.ip);
  else requireWay(loadBalancer, target.usePrivateIp);
  if (target.type === "label_selector") parseSelector(target.selector, "label_selector.selector");
  if (target.type === "server") requireReachable(project, loadBalancer, target);
  return target;
}

function requireWay({ privateNet, publicInterface }: LoadBalancer, usePrivateIp: boolean): void {
  if (usePrivateIp && privateNet.length === 0) throw notAttached();
  if (!usePrivateIp && !publicInterface) {
    throw new ApiError(422, "load_balancer_public_interface_disabled", "the load balancer's public interface is disabled");
  }
}

export const notAttached = (): ApiError =>
  new ApiError(422, "load_balancer_not_attached_to_network", "the load balancer is not attached to a network");

function requireReachable(project: Project, loadBalancer: LoadBalancer, target: Extract<Target, { type: "server" }>): void {
  const server = project.servers.get(target.server);
  if (!server) throw invalidField("server.id", `server '${target.server}' not found`);
  if (target.usePrivateIp) {
    if (target.ip !== null) throw invalidField("server.ip", "cannot be given together with use_private_ip");
    if (privateIpOf(loadBalancer, server) === undefined) {
      throw new ApiError(422, "resolve_cloud_private_targets_error", "the server is not attached to the load balancer's network");
    }
  } else if (target.ip !== null) {
    requireOwnIp(project, server, target.ip);
  } else if (!project.primaryIpOf(server.id, "ipv4")) {
    throw new ApiError(422, "resolve_cloud_public_targets_error", "the server has no public IPv4 address");
  }
}

function requireOwnIp(project: Project, server: Server, ip: string): void {
  const own = (["ipv4", "ipv6"] as const).flatMap((type) => project.primaryIpOf(server.id, type) ?? []);
  if (!own.some((each) => owns(each, ip))) {
    throw new ApiError(422, "ip_not_assigned_to_server", `${ip} is neither the server's IPv4 address nor in its IPv6 network`);
  }
}

/** Hetzner takes only addresses of its customer's own dedicated servers. There are none here: any that is not of this cloud passes for one. */
function requireForeignIp(project: Project, loadBalancer: LoadBalancer, ip: string): void {
  const number = parseIpv4(ip);
  if (number !== undefined && isPrivate({ first: number, last: number, bits: 32 })) {
    requireVswitchIp(project, loadBalancer, number);
    return;
  }
  requireWay(loadBalancer, false);
  const taken = [...project.primaryIps.list(), ...project.floatingIps.list()].some((each) => owns(each, ip));
  const balanced = project.loadBalancers.list().some(({ ipv4 }) => ipv4 === ip);
  if (taken || balanced) throw new ApiError(422, "cloud_resource_ip_not_allowed", `${ip} belongs to a resource of the cloud`);
}

function requireVswitchIp(project: Project, { privateNet }: LoadBalancer, ip: number): void {
  const network = project.networks.get(privateNet[0]?.network ?? 0);
  if (!network) throw notAttached();
  const subnets = network.subnets.filter(({ type }) => type === "vswitch");
  if (subnets.length === 0) throw new ApiError(422, "network_has_no_vswitch_subnet", "the network has no subnet of type vswitch");
  if (!subnets.some(({ ipRange }) => contains(rangeOf(ipRange), { first: ip, last: ip }))) {
    throw new ApiError(422, "ip_not_in_vswitch_subnet", "the address is in no subnet of type vswitch of the network");
  }
}

const add = post("/load_balancers/:id/actions/add_target", targetBody, (call) => {
  const loadBalancer = requireLoadBalancer(call.project, call.id);
  const target = newTarget(call.project, loadBalancer, call.body);
  loadBalancer.targets.push(target);
  return changeBalancer(call, loadBalancer, "add_target", {
    resources: target.type === "server" ? [{ type: "server", id: target.server }] : [],
    undo: () => (loadBalancer.targets = loadBalancer.targets.filter((other) => other !== target)),
  });
});

const removeTarget = post("/load_balancers/:id/actions/remove_target", targetBody, (call) => {
  const loadBalancer = requireLoadBalancer(call.project, call.id);
  const key = keyOf(toTarget(call.body));
  const target = loadBalancer.targets.find((other) => keyOf(other) === key);
  if (!target) throw new ApiError(404, "not_found", "the load balancer has no such target");
  return changeBalancer(call, loadBalancer, "remove_target", {
    resources: target.type === "server" ? [{ type: "server", id: target.server }] : [],
    effect: () => (loadBalancer.targets = loadBalancer.targets.filter((other) => other !== target)),
  });
});

export const targetRoutes: Route[] = [add, removeTarget];
