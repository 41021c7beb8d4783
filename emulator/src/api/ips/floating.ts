import { z } from "zod";
import { locationNamed } from "../../catalogue/locations";
import { ApiError, invalidField, notFound } from "../../model/errors";
import type { Project } from "../../model/project";
import type { FloatingIp, Server } from "../../model/records";
import { ptrsOf } from "../../model/reverseNames";
import type { World } from "../../model/world";
import { actionRoutesOf, begin, presentAction, protectionRoute } from "../actions";
import { presentLocation } from "../catalogue";
import { freeName, id, idOrName, labels, nothing, requireLocation } from "../fields";
import { list } from "../list";
import { type Call, created, get, ok, post, put, type Route } from "../route";
import { moveStep, removeIpRoute, reverseNameRoute } from "./shared";

const floatingIpBody = z.object({
  type: z.enum(["ipv4", "ipv6"]),
  name: freeName.optional(),
  description: z.string().nullish(),
  server: id.nullish(),
  home_location: idOrName.optional(),
  labels: labels.default({}),
});

const presentFloatingIp = (ip: FloatingIp): object => ({
  id: ip.id,
  name: ip.name,
  description: ip.description,
  ip: ip.ip,
  type: ip.type,
  server: ip.server,
  dns_ptr: ptrsOf(ip),
  home_location: presentLocation(locationNamed(ip.homeLocation)),
  blocked: false,
  protection: { ...ip.protection },
  labels: ip.labels,
  created: ip.created,
});

const create = post("/floating_ips", floatingIpBody, ({ world, project, body }) => {
  const server = body.server === null || body.server === undefined ? undefined : requireServerOf(project, body.server);
  if (!server && body.home_location === undefined) throw invalidField("home_location", "either home_location or server is required");
  const homeLocation = body.home_location === undefined ? server?.location : requireLocation(body.home_location, "home_location").name;
  if (body.name !== undefined) project.floatingIps.requireFreeName(body.name);
  if (server) world.actions.requireUnlocked("server", server.id);
  const number = world.newId();
  const ip = project.floatingIps.add({
    id: number,
    name: body.name ?? `floating-ip-${number}`,
    description: body.description ?? null,
    labels: body.labels,
    created: world.timestamp(),
    type: body.type,
    ip: world.freeAddress(body.type),
    homeLocation: homeLocation ?? "",
    server: null,
    protection: { delete: false },
    dnsPtr: {},
  });
  const action = server ? world.actions.start(project, assignStep(world, ip, server)) : null;
  return created({ floating_ip: presentFloatingIp(ip), action: action ? presentAction(world, action) : null });
});

const assign = post("/floating_ips/:id/actions/assign", z.object({ server: id }), (call) => {
  const ip = requireFree(call);
  const server = requireServerOf(call.project, call.body.server);
  if (ip.server === server.id) throw new ApiError(422, "floating_ip_assigned", "floating IP is already assigned to the server");
  return begin(call, assignStep(call.world, ip, server));
});

const unassign = post("/floating_ips/:id/actions/unassign", nothing, (call) => {
  const ip = requireFree(call);
  if (ip.server === null) throw new ApiError(422, "floating_ip_not_assigned", "floating IP is not assigned");
  return begin(
    call,
    moveStep(call.world, "floating_ip", ip, "unassign", ip.server, () => {
      ip.server = null;
    }),
  );
});

export const floatingIpRoutes: Route[] = [
  get("/floating_ips", (call) =>
    list(call, {
      key: "floating_ips",
      items: call.project.floatingIps.list(),
      present: presentFloatingIp,
      filters: { name: (ip) => ip.name },
      sort: { id: (ip) => ip.id, created: (ip) => ip.created },
      labels: (ip) => ip.labels,
    }),
  ),
  get("/floating_ips/:id", ({ project, id }) => ok({ floating_ip: presentFloatingIp(requireFloatingIp(project, id)) })),
  create,
  put(
    "/floating_ips/:id",
    z.object({ name: freeName.optional(), description: z.string().optional(), labels: labels.optional() }),
    ({ project, id, body }) => {
      const ip = requireFloatingIp(project, id);
      if (body.name !== undefined) project.floatingIps.requireFreeName(body.name, ip);
      Object.assign(ip, { name: body.name ?? ip.name, description: body.description ?? ip.description, labels: body.labels ?? ip.labels });
      return ok({ floating_ip: presentFloatingIp(ip) });
    },
  ),
  removeIpRoute("floating_ip", requireFree, release, ({ project }, ip) => project.floatingIps.delete(ip.id)),
  assign,
  unassign,
  reverseNameRoute("floating_ip", requireFree),
  protectionRoute("/floating_ips/:id", "floating_ip", requireFree, z.boolean()),
  ...actionRoutesOf("/floating_ips", "floating_ip", requireFloatingIp),
];

/** Before it is deleted. Since May 2026, as with primary IPs, nobody may have it. */
function release({ world }: Call<unknown>, ip: FloatingIp): void {
  if (ip.server === null || !world.history.has("unassignBeforeDelete")) return;
  throw new ApiError(422, "must_be_unassigned", `floating IP ${ip.id} must be unassigned before it can be deleted`);
}

/** From wherever it is: a floating IP moves in one step. */
const assignStep = (world: World, ip: FloatingIp, server: Server) =>
  moveStep(world, "floating_ip", ip, "assign", server.id, () => {
    ip.server = server.id;
  });

function requireFloatingIp(project: Project, id: number): FloatingIp {
  const found = project.floatingIps.get(id);
  if (!found) throw notFound("floating_ip", id);
  return found;
}

function requireFree(call: Call<unknown>): FloatingIp {
  const ip = requireFloatingIp(call.project, call.id);
  call.world.actions.requireUnlocked("floating_ip", ip.id);
  return ip;
}

function requireServerOf(project: Project, id: number): Server {
  const found = project.servers.get(id);
  if (!found) throw invalidField("server", `server '${id}' not found`);
  return found;
}
