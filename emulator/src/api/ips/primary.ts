import { z } from "zod";
import { locationNamed } from "../../catalogue/locations";
import { ApiError, invalidField, notFound, serverNotStopped, unsupported } from "../../model/errors";
import type { Project } from "../../model/project";
import { balancersOf } from "../../model/loadBalancing";
import type { PrimaryIp, Server } from "../../model/records";
import { ptrsOf } from "../../model/reverseNames";
import type { World } from "../../model/world";
import { actionRoutesOf, begin, presentAction, protectionRoute } from "../actions";
import { presentLocation } from "../catalogue";
import { datacenterOf, whereTo } from "../datacenters";
import { freeName, id, idOrName, labels, nothing } from "../fields";
import { list } from "../list";
import { type Call, created, get, ok, post, put, type Route } from "../route";
import { moveStep, removeIpRoute, reverseNameRoute } from "./shared";

const presentPrimaryIp = ({ world, project }: Call<unknown>, ip: PrimaryIp): object => ({
  id: ip.id,
  name: ip.name,
  type: ip.type,
  ip: ip.ip,
  location: presentLocation(locationNamed(ip.location)),
  ...datacenterOf(world, ip.location),
  assignee_type: assigneeType(world, project, ip),
  assignee_id: ip.assignee,
  auto_delete: ip.autoDelete,
  blocked: false,
  dns_ptr: ptrsOf(ip),
  protection: { ...ip.protection },
  labels: ip.labels,
  created: ip.created,
});

function assigneeType(world: World, project: Project, { assignee }: PrimaryIp): string {
  if (assignee === null) return world.history.has("unassignedPrimaryIps") ? "unassigned" : "server";
  return project.loadBalancers.has(assignee) ? "load_balancer" : "server";
}

const primaryIpBody = z.object({
  name: freeName,
  type: z.enum(["ipv4", "ipv6"]),
  location: idOrName.optional(),
  datacenter: idOrName.optional(),
  assignee_type: z.enum(["server", "unassigned"]).optional(),
  assignee_id: id.nullish(),
  auto_delete: z.boolean().default(false),
  labels: labels.default({}),
});

const create = post("/primary_ips", primaryIpBody, (call) => {
  const { world, project, body } = call;
  if (body.assignee_type === undefined && !world.history.has("optionalAssigneeType")) throw invalidField("assignee_type", "is required");
  const server = body.assignee_id === null || body.assignee_id === undefined ? undefined : requireAssignee(project, body.assignee_id);
  const location = whereTo(world, body);
  if (!server && location === undefined) throw invalidField("location", "either location or assignee_id is required");
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
  return created({ primary_ip: presentPrimaryIp(call, ip), action: action ? presentAction(world, action) : null });
});

const assign = post("/primary_ips/:id/actions/assign", z.object({ assignee_type: z.enum(["server"]), assignee_id: id }), (call) => {
  const { world, project, body } = call;
  const ip = requireFree(call);
  const server = requireAssignee(project, body.assignee_id);
  if (ip.assignee !== null) throw new ApiError(422, "primary_ip_already_assigned", `primary IP ${ip.id} is already assigned`);
  if (ip.location !== server.location)
    throw invalidField("assignee_id", `the primary IP is in ${ip.location}, the server in ${server.location}`);
  requireRoom(world, project, server, ip.type);
  return begin(call, assignStep(world, ip, server));
});

const unassign = post("/primary_ips/:id/actions/unassign", nothing, (call) => {
  const ip = requireFree(call);
  if (ip.assignee === null) throw new ApiError(422, "primary_ip_not_assigned", `primary IP ${ip.id} is not assigned`);
  const server = requireReleasable(call, ip, ip.assignee);
  return begin(
    call,
    moveStep(call.world, "primary_ip", ip, "unassign", server.id, () => {
      ip.assignee = null;
    }),
  );
});

export const primaryIpRoutes: Route[] = [
  get("/primary_ips", (call) =>
    list(call, {
      key: "primary_ips",
      items: call.project.primaryIps.list(),
      present: (ip) => presentPrimaryIp(call, ip),
      filters: { name: (ip) => ip.name, ip: (ip) => ip.ip },
      sort: { id: (ip) => ip.id, name: (ip) => ip.name, created: (ip) => ip.created },
      labels: (ip) => ip.labels,
    }),
  ),
  get("/primary_ips/:id", (call) => ok({ primary_ip: presentPrimaryIp(call, requirePrimaryIp(call.project, call.id)) })),
  create,
  put(
    "/primary_ips/:id",
    z.object({ name: freeName.optional(), labels: labels.optional(), auto_delete: z.boolean().optional() }),
    (call) => {
      const { project, body } = call;
      const ip = requirePrimaryIp(project, call.id);
      if (body.name !== undefined) project.primaryIps.requireFreeName(body.name, ip);
      Object.assign(ip, { name: body.name ?? ip.name, labels: body.labels ?? ip.labels, autoDelete: body.auto_delete ?? ip.autoDelete });
      return ok({ primary_ip: presentPrimaryIp(call, ip) });
    },
  ),
  removeIpRoute("primary_ip", requireFree, release, ({ project }, ip) => project.primaryIps.delete(ip.id)),
  assign,
  unassign,
  reverseNameRoute("primary_ip", requireFree),
  protectionRoute("/primary_ips/:id", "primary_ip", requireFree, z.boolean()),
  ...actionRoutesOf("/primary_ips", "primary_ip", requirePrimaryIp),
];

/** Before it is deleted. Until May 2026 the API unassigned it by itself, if the server was off. */
function release(call: Call<unknown>, ip: PrimaryIp): void {
  if (ip.assignee === null) return;
  if (call.world.history.has("unassignBeforeDelete")) {
    throw new ApiError(422, "must_be_unassigned", `primary IP ${ip.id} must be unassigned before it can be deleted`);
  }
  requireReleasable(call, ip, ip.assignee);
  ip.assignee = null;
}

/** @returns the server that has it, which must be off and no load balancer's way to it may need the address */
function requireReleasable({ world, project }: Call<unknown>, ip: PrimaryIp, assignee: number): Server {
  if (project.loadBalancers.has(assignee)) throw unsupported(`primary IP ${ip.id} stays with its load balancer for as long as that exists`);
  const server = requireAssignee(project, assignee);
  requireStopped(world, server);
  const usesIt = balancersOf(project, server.id).some(({ targets }) =>
    targets.some((target) => target.type === "server" && target.server === server.id && !target.usePrivateIp),
  );
  if (ip.type === "ipv4" && usesIt) {
    throw new ApiError(422, "server_is_load_balancer_target", "the address is the way of a load balancer to the server");
  }
  return server;
}

const assignStep = (world: World, ip: PrimaryIp, server: Server) =>
  moveStep(world, "primary_ip", ip, "assign", server.id, () => {
    ip.assignee = server.id;
  });

function requirePrimaryIp(project: Project, of: number): PrimaryIp {
  const found = project.primaryIps.get(of);
  if (!found) throw notFound("primary_ip", of);
  return found;
}

function requireFree(call: Call<unknown>): PrimaryIp {
  const ip = requirePrimaryIp(call.project, call.id);
  call.world.actions.requireUnlocked("primary_ip", ip.id);
  return ip;
}

function requireAssignee(project: Project, of: number): Server {
  const found = project.servers.get(of);
  if (!found) throw invalidField("assignee_id", `server '${of}' not found`);
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
