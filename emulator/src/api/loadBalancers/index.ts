import { z } from "zod";
import { findLoadBalancerType, loadBalancerTypeById, loadBalancerTypes } from "../../catalogue/loadBalancerTypes";
import { ApiError, notFound, protectedFrom } from "../../model/errors";
import type { LoadBalancer } from "../../model/loadBalancerRecords";
import type { Project } from "../../model/project";
import { actionRoutesOf, presentAction, protectionRoute } from "../actions";
import { idOrName, labels } from "../fields";
import { list } from "../list";
import { created, get, noContent, ok, post, put, remove, type Route } from "../route";
import { changeBalancer } from "./change";
import { algorithm, balancerName, createRoute, requireType } from "./create";
import { metricsRoute } from "./metrics";
import { interfaceRoutes } from "./networks";
import { presentLoadBalancer, presentType, requireLoadBalancer } from "./present";
import { serviceRoutes } from "./services";
import { targetRoutes } from "./targets";

const changeAlgorithm = post("/load_balancers/:id/actions/change_algorithm", algorithm, (call) => {
  const loadBalancer = requireLoadBalancer(call.project, call.id);
  return changeBalancer(call, loadBalancer, "change_algorithm", { effect: () => (loadBalancer.algorithm = call.body.type) });
});

const changeType = post("/load_balancers/:id/actions/change_type", z.object({ load_balancer_type: idOrName }), (call) => {
  const loadBalancer = requireLoadBalancer(call.project, call.id);
  const type = requireType(call.body.load_balancer_type);
  const problem = misfit(loadBalancer, type);
  if (problem !== undefined) throw new ApiError(422, "invalid_load_balancer_type", problem);
  return changeBalancer(call, loadBalancer, "change_load_balancer_type", { effect: () => (loadBalancer.type = type.id) });
});

function misfit({ type: now, services, targets }: LoadBalancer, type: ReturnType<typeof loadBalancerTypeById>): string | undefined {
  if (type.id === now) return "the load balancer has this type already";
  if (services.length > type.maxServices) return `${type.name} has at most ${type.maxServices} services, there are ${services.length}`;
  if (targets.length > type.maxTargets) return `${type.name} has at most ${type.maxTargets} targets, there are ${targets.length}`;
  return undefined;
}

/** Its primary IPs are free again, or gone with it. */
function forget(project: Project, { id }: LoadBalancer): void {
  for (const ip of project.primaryIps.list()) {
    if (ip.assignee !== id) continue;
    ip.assignee = null;
    if (ip.autoDelete) project.primaryIps.delete(ip.id);
  }
  project.loadBalancers.delete(id);
}

const removeRoute = remove("/load_balancers/:id", (call) => {
  const { world, project, id } = call;
  const loadBalancer = requireLoadBalancer(project, id);
  if (loadBalancer.protection.delete) throw protectedFrom("load balancer", "deletion");
  if (!world.history.has("loadBalancerPrimaryIps")) {
    forget(project, loadBalancer);
    return noContent();
  }
  const action = world.actions.start(project, {
    command: "delete_load_balancer",
    resources: [{ type: "load_balancer", id }],
    seconds: world.latencies.action,
    effect: () => forget(project, loadBalancer),
  });
  return created({ action: presentAction(world, action) });
});

const typeRoutes: Route[] = [
  get("/load_balancer_types", (call) =>
    list(call, { key: "load_balancer_types", items: [...loadBalancerTypes], present: presentType, filters: { name: ({ name }) => name } }),
  ),
  get("/load_balancer_types/:id", ({ id }) => {
    const found = findLoadBalancerType(id);
    if (!found) throw notFound("load_balancer_type", id);
    return ok({ load_balancer_type: presentType(found) });
  }),
];

export const loadBalancerRoutes: Route[] = [
  get("/load_balancers", (call) =>
    list(call, {
      key: "load_balancers",
      items: call.project.loadBalancers.list(),
      present: (loadBalancer) => presentLoadBalancer(call.project, loadBalancer),
      filters: { name: ({ name }) => name },
      sort: { id: ({ id }) => id, name: ({ name }) => name, created: (loadBalancer) => loadBalancer.created },
      labels: (loadBalancer) => loadBalancer.labels,
    }),
  ),
  get("/load_balancers/:id", ({ project, id }) => ok({ load_balancer: presentLoadBalancer(project, requireLoadBalancer(project, id)) })),
  createRoute,
  put("/load_balancers/:id", z.object({ name: balancerName.optional(), labels: labels.optional() }), ({ project, id, body }) => {
    const loadBalancer = requireLoadBalancer(project, id);
    if (body.name !== undefined) project.loadBalancers.requireFreeName(body.name, loadBalancer);
    Object.assign(loadBalancer, { name: body.name ?? loadBalancer.name, labels: body.labels ?? loadBalancer.labels });
    return ok({ load_balancer: presentLoadBalancer(project, loadBalancer) });
  }),
  removeRoute,
  changeAlgorithm,
  changeType,
  metricsRoute,
  ...serviceRoutes,
  ...targetRoutes,
  ...interfaceRoutes,
  protectionRoute("/load_balancers/:id", "load_balancer", ({ project, id }) => requireLoadBalancer(project, id)),
  ...actionRoutesOf("/load_balancers", "load_balancer", requireLoadBalancer),
  ...typeRoutes,
];
