// A load balancer's interfaces: the public one, and one in a private network.
import { z } from "zod";
import { ApiError, invalidField } from "../../model/errors";
import type { LoadBalancer } from "../../model/loadBalancerRecords";
import { publicAddress } from "../../model/loadBalancing";
import { findPlace, type PlaceWanted } from "../../model/privateNets";
import type { Project } from "../../model/project";
import type { Network } from "../../model/records";
import { setPtr } from "../../model/reverseNames";
import { id, nothing } from "../fields";
import { requireNetwork } from "../networks";
import { post, type Route } from "../route";
import { changeBalancer } from "./change";
import { requireLoadBalancer } from "./present";
import { notAttached } from "./targets";

/** The place of a load balancer in a network; nothing is changed yet. @throws ApiError when there is none */
export function placeIn(
  project: Project,
  { location }: Pick<LoadBalancer, "location">,
  network: Network,
  wanted: Partial<PlaceWanted> = {},
): string {
  return findPlace(project, { id: 0, location, privateNet: [] }, network, { aliasIps: [], ...wanted }).ip;
}

const attach = post(
  "/load_balancers/:id/actions/attach_to_network",
  z.object({ network: id, ip: z.string().optional(), ip_range: z.string().optional() }),
  (call) => {
    const { project, body } = call;
    const loadBalancer = requireLoadBalancer(project, call.id);
    const network = requireNetwork(project, body.network);
    if (loadBalancer.privateNet.length > 0) {
      throw new ApiError(422, "load_balancer_already_attached", "the load balancer is already attached to a network");
    }
    const net = { network: network.id, ip: placeIn(project, loadBalancer, network, { ip: body.ip, ipRange: body.ip_range }) };
    // At once, so that nobody who comes meanwhile gets the same address.
    loadBalancer.privateNet = [net];
    return changeBalancer(call, loadBalancer, "attach_to_network", {
      resources: [{ type: "network", id: network.id }],
      undo: () => (loadBalancer.privateNet = loadBalancer.privateNet.filter((other) => other !== net)),
    });
  },
);

const detach = post("/load_balancers/:id/actions/detach_from_network", z.object({ network: id }), (call) => {
  const loadBalancer = requireLoadBalancer(call.project, call.id);
  const { network } = call.body;
  if (!loadBalancer.privateNet.some((net) => net.network === network)) {
    throw new ApiError(404, "not_found", `the load balancer is not attached to network ${network}`);
  }
  return changeBalancer(call, loadBalancer, "detach_from_network", {
    resources: [{ type: "network", id: network }],
    effect: () => (loadBalancer.privateNet = loadBalancer.privateNet.filter((net) => net.network !== network)),
  });
});

const disable = post("/load_balancers/:id/actions/disable_public_interface", nothing, (call) => {
  const loadBalancer = requireLoadBalancer(call.project, call.id);
  if (loadBalancer.privateNet.length === 0) throw notAttached();
  if (loadBalancer.targets.some((target) => target.type !== "ip" && !target.usePrivateIp)) {
    throw new ApiError(422, "targets_without_use_private_ip", "the load balancer has targets that it reaches by their public address");
  }
  return changeBalancer(call, loadBalancer, "disable_public_interface", { effect: () => (loadBalancer.publicInterface = false) });
});

const enable = post("/load_balancers/:id/actions/enable_public_interface", nothing, (call) => {
  const loadBalancer = requireLoadBalancer(call.project, call.id);
  return changeBalancer(call, loadBalancer, "enable_public_interface", { effect: () => (loadBalancer.publicInterface = true) });
});

const changePtr = post(
  "/load_balancers/:id/actions/change_dns_ptr",
  z.object({ ip: z.string(), dns_ptr: z.string().nullish() }),
  (call) => {
    const { project, body } = call;
    const loadBalancer = requireLoadBalancer(project, call.id);
    const type = (["ipv4", "ipv6"] as const).find((each) => publicAddress(project, loadBalancer, each).ip === body.ip);
    if (!type) throw invalidField("ip", `'${body.ip}' does not belong to the load balancer`);
    const given = project.primaryIpOf(loadBalancer.id, type);
    return changeBalancer(call, loadBalancer, "change_dns_ptr", {
      effect: () => setPtr(given ?? loadBalancer, body.ip, body.dns_ptr ?? null),
    });
  },
);

export const interfaceRoutes: Route[] = [attach, detach, disable, enable, changePtr];
