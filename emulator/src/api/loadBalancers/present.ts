// Load balancers as JSON.
import { type LoadBalancerType, loadBalancerTypeById } from "../../catalogue/loadBalancerTypes";
import { locationNamed, locations } from "../../catalogue/locations";
import { serverTypePrice } from "../../catalogue/prices";
import { notFound } from "../../model/errors";
import type { LoadBalancer, Service, Target } from "../../model/loadBalancerRecords";
import { healthOf, publicAddress, type Reached, reachedBy } from "../../model/loadBalancing";
import type { Project } from "../../model/project";
import { presentLocation } from "../catalogue";

/** @throws ApiError `not_found` */
export function requireLoadBalancer(project: Project, id: number): LoadBalancer {
  const found = project.loadBalancers.get(id);
  if (!found) throw notFound("load_balancer", id);
  return found;
}

export const presentType = (type: LoadBalancerType): object => ({
  id: type.id,
  name: type.name,
  description: type.description,
  max_connections: type.maxConnections,
  max_services: type.maxServices,
  max_targets: type.maxTargets,
  max_assigned_certificates: type.maxCertificates,
  deprecated: null,
  deprecation: null,
  prices: locations.map(({ name }) => serverTypePrice(name, type.price)),
});

export const presentLoadBalancer = (project: Project, loadBalancer: LoadBalancer): object => ({
  id: loadBalancer.id,
  name: loadBalancer.name,
  public_net: {
    enabled: loadBalancer.publicInterface,
    ipv4: presentAddress(project, loadBalancer, "ipv4"),
    ipv6: presentAddress(project, loadBalancer, "ipv6"),
  },
  private_net: loadBalancer.privateNet,
  location: presentLocation(locationNamed(loadBalancer.location)),
  load_balancer_type: presentType(loadBalancerTypeById(loadBalancer.type)),
  protection: { ...loadBalancer.protection },
  labels: loadBalancer.labels,
  created: loadBalancer.created,
  services: loadBalancer.services.map(presentService),
  targets: loadBalancer.targets.map((target) => presentTarget(project, loadBalancer, target)),
  algorithm: { type: loadBalancer.algorithm },
  outgoing_traffic: 0,
  ingoing_traffic: 0,
  included_traffic: 20 * 2 ** 40,
});

function presentAddress(project: Project, loadBalancer: LoadBalancer, type: "ipv4" | "ipv6"): object {
  const { id, ip, dnsPtr } = publicAddress(project, loadBalancer, type);
  return { id, ip, blocked: false, dns_ptr: dnsPtr };
}

/** What only https has is left out for http. */
function presentService({ http, ...service }: Service): object {
  if (!http) return service;
  const { certificates, redirect_http, ...both } = http;
  return { ...service, http: service.protocol === "https" ? { ...both, certificates, redirect_http } : both };
}

function presentTarget(project: Project, loadBalancer: LoadBalancer, target: Target): object {
  const reached = reachedBy(project, loadBalancer, target).map((each) => presentReached(loadBalancer, target, each));
  if (target.type === "server")
    return reached[0] ?? { type: "server", server: { id: target.server, ip: "" }, health_status: [], use_private_ip: false };
  if (target.type === "label_selector") {
    return { type: "label_selector", label_selector: { selector: target.selector }, targets: reached, use_private_ip: target.usePrivateIp };
  }
  // Whose it is, nobody knows here, nor how it is.
  return {
    type: "ip",
    ip: { ip: target.ip },
    health_status: loadBalancer.services.map(({ listen_port }) => ({ listen_port, status: "unknown" })),
  };
}

function presentReached({ services }: LoadBalancer, target: Target, reached: Reached): object {
  return {
    type: "server",
    server: { id: reached.server.id, ip: reached.ip },
    health_status: services.map(({ listen_port }) => ({ listen_port, status: healthOf(reached) })),
    use_private_ip: target.type !== "ip" && target.usePrivateIp,
  };
}
