import { z } from "zod";
import { ApiError, notFound } from "../model/errors";
import { firewallsOf, serversOf } from "../model/firewalling";
import { parseSelector } from "../model/labels";
import type { Project } from "../model/project";
import type { Action, Firewall, FirewallTarget } from "../model/records";
import type { World } from "../model/world";
import { actionRoutesOf, presentAction } from "./actions";
import { freeName, id, labels } from "./fields";
import { rules } from "./firewallRules";
import { list } from "./list";
import { type Call, created, get, noContent, ok, post, put, remove, type Route } from "./route";
import { requireRoomForFirewall } from "./servers/order";

const target = z.union([
  z.object({ type: z.literal("server"), server: z.object({ id }) }),
  z.object({ type: z.literal("label_selector"), label_selector: z.object({ selector: z.string().min(1) }) }),
]);
type Target = z.output<typeof target>;

function presentFirewall(project: Project, firewall: Firewall): object {
  return {
    id: firewall.id,
    name: firewall.name,
    labels: firewall.labels,
    created: firewall.created,
    rules: firewall.rules,
    applied_to: firewall.appliedTo.map((each) =>
      each.type === "server"
        ? { type: "server", server: { id: each.server } }
        : {
            type: "label_selector",
            label_selector: { selector: each.selector },
            applied_to_resources: serversOf(project, each).map((server) => ({ type: "server", server: { id: server.id } })),
          },
    ),
  };
}

const create = post(
  "/firewalls",
  z.object({ name: freeName, labels: labels.default({}), rules: rules.default([]), apply_to: z.array(target).default([]) }),
  (call) => {
    const { world, project, body } = call;
    project.firewalls.requireFreeName(body.name);
    const seen = new Set(body.apply_to.map((each) => JSON.stringify(each)));
    if (seen.size < body.apply_to.length) throw new ApiError(422, "server_already_added", "a server was given more than once");
    for (const each of body.apply_to) requireTarget(call, each, 422);
    const firewall = project.firewalls.add({
      id: world.newId(),
      name: body.name,
      labels: body.labels,
      created: world.timestamp(),
      rules: body.rules,
      appliedTo: [],
    });
    const actions = [
      ...(body.rules.length > 0 ? setRules(world, project, firewall, body.rules) : []),
      ...body.apply_to.map((each) => apply(world, project, firewall, each)),
    ];
    return created({ firewall: presentFirewall(project, firewall), actions: actions.map((action) => presentAction(world, action)) });
  },
);

const setRulesRoute = post("/firewalls/:id/actions/set_rules", z.object({ rules }), ({ world, project, id, body }) => {
  const firewall = requireFirewall(project, id);
  const actions = setRules(world, project, firewall, body.rules);
  return created({ actions: actions.map((action) => presentAction(world, action)) });
});

const applyRoute = post("/firewalls/:id/actions/apply_to_resources", z.object({ apply_to: z.array(target).min(1) }), (call) => {
  const { world, project, body } = call;
  const firewall = requireFirewall(project, call.id);
  for (const each of body.apply_to) {
    requireTarget(call, each, 404);
    if (firewall.appliedTo.some((other) => isSame(other, each))) {
      throw new ApiError(422, "firewall_already_applied", "firewall is already applied to the resource");
    }
    if (each.type === "server") requireRoomForFirewall(call, each.server.id);
  }
  const actions = body.apply_to.map((each) => apply(world, project, firewall, each));
  return created({ actions: actions.map((action) => presentAction(world, action)) });
});

const removeRoute = post("/firewalls/:id/actions/remove_from_resources", z.object({ remove_from: z.array(target).min(1) }), (call) => {
  const { world, project, body } = call;
  const firewall = requireFirewall(project, call.id);
  for (const each of body.remove_from) requireApplied(project, firewall, each);
  const actions = body.remove_from.map((each) =>
    world.actions.start(project, {
      command: "remove_firewall",
      resources: resourcesOf(firewall, each),
      seconds: world.latencies.action,
      locks: [],
      effect: () => {
        firewall.appliedTo = firewall.appliedTo.filter((other) => !isSame(other, each));
      },
    }),
  );
  return created({ actions: actions.map((action) => presentAction(world, action)) });
});

export const firewallRoutes: Route[] = [
  get("/firewalls", (call) =>
    list(call, {
      key: "firewalls",
      items: call.project.firewalls.list(),
      present: (firewall) => presentFirewall(call.project, firewall),
      filters: { name: (firewall) => firewall.name },
      sort: { id: (firewall) => firewall.id, name: (firewall) => firewall.name, created: (firewall) => firewall.created },
      labels: (firewall) => firewall.labels,
    }),
  ),
  get("/firewalls/:id", ({ project, id }) => ok({ firewall: presentFirewall(project, requireFirewall(project, id)) })),
  create,
  put("/firewalls/:id", z.object({ name: freeName.optional(), labels: labels.optional() }), ({ project, id, body }) => {
    const firewall = requireFirewall(project, id);
    if (body.name !== undefined) project.firewalls.requireFreeName(body.name, firewall);
    Object.assign(firewall, { name: body.name ?? firewall.name, labels: body.labels ?? firewall.labels });
    return ok({ firewall: presentFirewall(project, firewall) });
  }),
  remove("/firewalls/:id", ({ project, id }) => {
    const firewall = requireFirewall(project, id);
    if (firewall.appliedTo.length > 0) throw new ApiError(422, "resource_in_use", `firewall with ID '${id}' is still in use`);
    project.firewalls.delete(id);
    return noContent();
  }),
  setRulesRoute,
  applyRoute,
  removeRoute,
  ...actionRoutesOf("/firewalls", "firewall", requireFirewall),
];

/** One action for the rules, and one for each server that must hear of them. */
function setRules(world: World, project: Project, firewall: Firewall, wanted: z.output<typeof rules>): Action[] {
  const common = { seconds: world.latencies.action, locks: [] };
  const servers = project.servers.list().filter((server) => firewallsOf(project, server).some((each) => each.firewall === firewall));
  return world.actions.sequence(project, [
    {
      ...common,
      command: "set_firewall_rules",
      resources: [{ type: "firewall", id: firewall.id }],
      effect: () => {
        firewall.rules = wanted;
      },
    },
    ...servers.map(({ id }) => ({
      ...common,
      command: "apply_firewall",
      resources: [
        { type: "firewall", id: firewall.id },
        { type: "server", id },
      ],
      effect: () => undefined,
    })),
  ]);
}

function apply(world: World, project: Project, firewall: Firewall, to: Target): Action {
  const record: FirewallTarget =
    to.type === "server"
      ? { type: "server", server: to.server.id, status: "pending" }
      : { type: "label_selector", selector: to.label_selector.selector };
  firewall.appliedTo.push(record);
  return world.actions.start(project, {
    command: "apply_firewall",
    resources: resourcesOf(firewall, to),
    seconds: world.latencies.action,
    locks: [],
    effect: () => {
      if (record.type === "server") record.status = "applied";
    },
    undo: () => {
      firewall.appliedTo = firewall.appliedTo.filter((other) => other !== record);
    },
  });
}

const resourcesOf = (firewall: Firewall, to: Target): Action["resources"] => [
  ...(to.type === "server" ? [{ type: "server", id: to.server.id }] : []),
  { type: "firewall", id: firewall.id },
];

function isSame(record: FirewallTarget, to: Target): boolean {
  if (record.type === "server") return to.type === "server" && to.server.id === record.server;
  return to.type === "label_selector" && to.label_selector.selector === record.selector;
}

function requireTarget({ project }: Call<unknown>, to: Target, status: 404 | 422): void {
  if (to.type === "label_selector") {
    parseSelector(to.label_selector.selector, "apply_to");
  } else if (!project.servers.has(to.server.id)) {
    throw new ApiError(status, "firewall_resource_not_found", `server '${to.server.id}' not found`);
  } else if (!project.primaryIpOf(to.server.id, "ipv4") && !project.primaryIpOf(to.server.id, "ipv6")) {
    throw new ApiError(422, "private_net_only_server", `server '${to.server.id}' has no public interface`);
  }
}

function requireApplied(project: Project, firewall: Firewall, to: Target): void {
  if (firewall.appliedTo.some((other) => isSame(other, to))) return;
  const managed =
    to.type === "server" &&
    firewall.appliedTo.some((other) => other.type === "label_selector" && serversOf(project, other).some(({ id }) => id === to.server.id));
  if (managed) {
    throw new ApiError(422, "firewall_managed_by_label_selector", "firewall is applied by a label selector and cannot be removed by hand");
  }
  throw new ApiError(404, "firewall_resource_not_found", "firewall is not applied to the resource");
}

function requireFirewall(project: Project, id: number): Firewall {
  const found = project.firewalls.get(id);
  if (!found) throw notFound("firewall", id);
  return found;
}
