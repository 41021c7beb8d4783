import { z } from "zod";
import { locationNamed } from "../catalogue/locations";
import { ApiError, invalidField, notFound, protectedFrom, serverNotStopped } from "../model/errors";
import type { Project } from "../model/project";
import type { PrimaryIp, Server } from "../model/records";
import type { Step } from "../model/actions";
import { ptrsOf, requireOwn, setPtr } from "../model/reverseNames";
import type { World } from "../model/world";
import { presentAction, actionRoutesOf } from "./actions";
import { presentLocation } from "./catalogue";
import { freeName, id, idOrName, labels, nothing, requireLocation } from "./fields";
import { list } from "./list";
import { type Answer, type Call, created, get, noContent, ok, post, put, remove, type Route } from "./route";

export const presentPrimaryIp = (ip: PrimaryIp): object => ({
  id: ip.id,
  name: ip.name,
  type: ip.type,
  ip: ip.ip,
  location: presentLocation(locationNamed(ip.location)),
  // Since 2026-08-01 an address that nobody has says so.
  assignee_type: ip.assignee === null ? "unassigned" : "server",
  assignee_id: ip.assignee,
  auto_delete: ip.autoDelete,
  blocked: false,
  dns_ptr: ptrsOf(ip),
  protection: { ...ip.protection },
  labels: ip.labels,
  created: ip.created,
});

const assigneeType = z.enum(["server", "unassigned"]);

const primaryIpBody = z.object({
  name: freeName,
  type: z.enum(["ipv4", "ipv6"]),
  location: idOrName.optional(),
  datacenter: z.never("was removed on 2026-07-01; use location").optional(),
  assignee_type: assigneeType.optional(),
  assignee_id: id.nullish(),
  auto_delete: z.boolean().default(false),
  labels: labels.default({}),
});

const create = post("/primary_ips", primaryIpBody, ({ world, project, body }) => {
  const server = body.assignee_id === null || body.assignee_id === undefined ? undefined : requireAssignee(project, body.assignee_id);
  if (!server && body.location === undefined) throw invalidField("location", "either location or assignee_id is required");
  const location = body.location === undefined ? undefined : requireLocation(body.location).name;
  if (server && location !== undefined && location !== server.location)
    throw invalidField("location", `the server is in ${server.location}`);
  project.primaryIps.requireFreeName(body.name);
  if (server) requireRoom(world, project, server, body.type);
  const ip = project.primaryIps.add({
    id: world.newId(),
    name: body.name,
    labels: body.labels,
    created: world.timestamp(),
    type: body.type,
    ip: world.freeAddress(body.type),
    location: location ?? server?.location ?? "",
    assignee: null,
    autoDelete: body.auto_delete,
    protection: { delete: false },
    dnsPtr: {},
  });
  const action = server ? world.actions.start(project, assignStep(world, ip, server)) : null;
  return created({ primary_ip: presentPrimaryIp(ip), action: action ? presentAction(world, action) : null });
});

const assign = post("/primary_ips/:id/actions/assign", z.object({ assignee_type: z.enum(["server"]), assignee_id: id }), (call) => {
  const { world, project, body } = call;
  const ip = requireFree(call);
  const server = requireAssignee(project, body.assignee_id);
  if (ip.assignee !== null) throw new ApiError(422, "primary_ip_already_assigned", `primary IP ${ip.id} is already assigned to a server`);
  if (ip.location !== server.location)
    throw invalidField("assignee_id", `the primary IP is in ${ip.location}, the server in ${server.location}`);
  requireRoom(world, project, server, ip.type);
  return start(call, assignStep(world, ip, server));
});

const unassign = post("/primary_ips/:id/actions/unassign", nothing, (call) => {
  const { world, project } = call;
  const ip = requireFree(call);
  if (ip.assignee === null) throw new ApiError(422, "primary_ip_not_assigned", `primary IP ${ip.id} is not assigned`);
  const server = requireAssignee(project, ip.assignee);
  requireStopped(world, server);
  return start(call, {
    command: "unassign_primary_ip",
    resources: [
      { type: "server", id: server.id },
      { type: "primary_ip", id: ip.id },
    ],
    seconds: world.latencies.action,
    effect: () => {
      ip.assignee = null;
    },
  });
});

const changePtr = post("/primary_ips/:id/actions/change_dns_ptr", z.object({ ip: z.string(), dns_ptr: z.string().nullable() }), (call) => {
  const ip = requireFree(call);
  requireOwn(ip, call.body.ip);
  return start(call, {
    command: "change_dns_ptr",
    resources: [{ type: "primary_ip", id: ip.id }],
    seconds: call.world.latencies.action,
    effect: () => setPtr(ip, call.body.ip, call.body.dns_ptr),
  });
});

const changeProtection = post("/primary_ips/:id/actions/change_protection", z.object({ delete: z.boolean().optional() }), (call) => {
  const ip = requireFree(call);
  const wanted = call.body.delete;
  return start(call, {
    command: "change_protection",
    resources: [{ type: "primary_ip", id: ip.id }],
    seconds: call.world.latencies.action,
    effect: () => {
      ip.protection.delete = wanted ?? ip.protection.delete;
    },
  });
});

export const primaryIpRoutes: Route[] = [
  get("/primary_ips", (call) =>
    list(call, {
      key: "primary_ips",
      items: call.project.primaryIps.list(),
      present: presentPrimaryIp,
      filters: { name: (ip) => ip.name, ip: (ip) => ip.ip },
      sort: { id: (ip) => ip.id, name: (ip) => ip.name, created: (ip) => ip.created },
      labels: (ip) => ip.labels,
    }),
  ),
  get("/primary_ips/:id", ({ project, id }) => ok({ primary_ip: presentPrimaryIp(requirePrimaryIp(project, id)) })),
  create,
  put(
    "/primary_ips/:id",
    z.object({ name: freeName.optional(), labels: labels.optional(), auto_delete: z.boolean().optional() }),
    ({ project, id, body }) => {
      const ip = requirePrimaryIp(project, id);
      if (body.name !== undefined) project.primaryIps.requireFreeName(body.name, ip);
      Object.assign(ip, { name: body.name ?? ip.name, labels: body.labels ?? ip.labels, autoDelete: body.auto_delete ?? ip.autoDelete });
      return ok({ primary_ip: presentPrimaryIp(ip) });
    },
  ),
  remove("/primary_ips/:id", (call) => {
    const ip = requireFree(call);
    if (ip.protection.delete) throw protectedFrom("Primary IP", "deletion");
    // Since 2026-05-01; before, it was unassigned silently.
    if (ip.assignee !== null)
      throw new ApiError(422, "must_be_unassigned", `primary IP ${ip.id} must be unassigned before it can be deleted`);
    call.project.primaryIps.delete(ip.id);
    return noContent();
  }),
  assign,
  unassign,
  changePtr,
  changeProtection,
  ...actionRoutesOf("/primary_ips", "primary_ip", requirePrimaryIp),
];

function assignStep(world: World, ip: PrimaryIp, server: Server): Step {
  return {
    command: "assign_primary_ip",
    resources: [
      { type: "server", id: server.id },
      { type: "primary_ip", id: ip.id },
    ],
    seconds: world.latencies.action,
    effect: () => {
      ip.assignee = server.id;
    },
  };
}

function requirePrimaryIp(project: Project, id: number): PrimaryIp {
  const found = project.primaryIps.get(id);
  if (!found) throw notFound("primary_ip", id);
  return found;
}

function requireFree(call: Call<unknown>): PrimaryIp {
  const ip = requirePrimaryIp(call.project, call.id);
  call.world.actions.requireUnlocked("primary_ip", ip.id);
  return ip;
}

function requireAssignee(project: Project, id: number): Server {
  const found = project.servers.get(id);
  if (!found) throw invalidField("assignee_id", `server '${id}' not found`);
  return found;
}

function requireStopped(world: World, server: Server): void {
  world.actions.requireUnlocked("server", server.id);
  if (server.status !== "off") throw serverNotStopped();
}

function requireRoom(world: World, project: Project, server: Server, type: PrimaryIp["type"]): void {
  requireStopped(world, server);
  if (project.primaryIpOf(server.id, type)) throw new ApiError(422, `server_has_${type}`, `server already has an ${type} address`);
}

function start(call: Call<unknown>, step: Step): Answer {
  return created({ action: presentAction(call.world, call.world.actions.start(call.project, step)) });
}
