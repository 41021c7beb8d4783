import { z } from "zod";
import { locationNamed } from "../../catalogue/locations";
import { ApiError, invalidField, notFound, protectedFrom } from "../../model/errors";
import type { Project } from "../../model/project";
import type { Server, Volume } from "../../model/records";
import { actionRoutesOf, begin, presentAction, protectionRoute } from "../actions";
import { presentLocation } from "../catalogue";
import { id, idOrName, labels, nothing, requireLocation } from "../fields";
import { list } from "../list";
import { type Call, created, get, noContent, ok, post, put, remove, type Route } from "../route";
import { MAX_SIZE, MIN_SIZE, requireAttachable, requireSlot } from "./rules";
import { attachStep, createStep, detachStep, resizeStep } from "./steps";

const volumeName = z
  .string()
  .max(64)
  .regex(
    /^[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$/,
    "must begin and end with a letter or digit, with dashes, underscores and dots between",
  );

const size = z.int().min(MIN_SIZE).max(MAX_SIZE);

const volumeBody = z.object({
  name: volumeName,
  size,
  labels: labels.default({}),
  server: id.nullish(),
  location: idOrName.optional(),
  automount: z.boolean().nullish(),
  format: z.enum(["ext4", "xfs"]).nullish(),
});

const presentVolume = (volume: Volume): object => ({
  id: volume.id,
  name: volume.name,
  status: volume.status,
  server: volume.server,
  location: presentLocation(locationNamed(volume.location)),
  size: volume.size,
  format: volume.format,
  linux_device: `/dev/disk/by-id/scsi-0HC_Volume_${volume.id}`,
  protection: { ...volume.protection },
  labels: volume.labels,
  created: volume.created,
});

const create = post("/volumes", volumeBody, ({ world, project, body }) => {
  const server = body.server === null || body.server === undefined ? undefined : requireServerOf(project, body.server);
  const location = whereTo(server, body.location);
  if (body.automount && !server) throw invalidField("automount", "needs a server");
  if (body.automount && !body.format) throw invalidField("automount", "needs a format");
  project.volumes.requireFreeName(body.name);
  if (server) {
    world.actions.requireUnlocked("server", server.id);
    requireSlot(project, server.id);
  }
  const volume = project.volumes.add({
    id: world.newId(),
    name: body.name,
    labels: body.labels,
    created: world.timestamp(),
    status: "creating",
    server: null,
    location,
    size: body.size,
    format: body.format ?? null,
    protection: { delete: false },
  });
  const steps = [createStep(world, volume), ...(server ? [attachStep(world, project, volume, server.id, body.automount === true)] : [])];
  const [action, ...next] = world.actions.sequence(project, steps);
  return created({
    volume: presentVolume(volume),
    action: action ? presentAction(world, action) : null,
    next_actions: next.map((each) => presentAction(world, each)),
  });
});

const attach = post("/volumes/:id/actions/attach", z.object({ server: id, automount: z.boolean().nullish() }), (call) => {
  const { world, project, body } = call;
  const volume = requireVolume(project, call.id);
  const server = requireServerOf(project, body.server);
  requireAttachable(world, volume, server.location);
  world.actions.requireUnlocked("server", server.id);
  requireSlot(project, server.id);
  const step = attachStep(world, project, volume, server.id, body.automount === true);
  return begin(call, step);
});

const detach = post("/volumes/:id/actions/detach", nothing, (call) => {
  const { world } = call;
  const volume = requireFree(call);
  if (volume.server === null) throw new ApiError(422, "invalid_input", "volume is not attached to a server", { fields: [] });
  world.actions.requireUnlocked("server", volume.server);
  return begin(call, detachStep(world, volume));
});

const resize = post("/volumes/:id/actions/resize", z.object({ size }), (call) => {
  const { world, body } = call;
  const volume = requireFree(call);
  if (body.size <= volume.size) throw invalidField("size", `must be greater than the current size of ${volume.size} GB`);
  return begin(call, resizeStep(world, volume, body.size));
});

export const volumeRoutes: Route[] = [
  get("/volumes", (call) =>
    list(call, {
      key: "volumes",
      items: call.project.volumes.list(),
      present: presentVolume,
      filters: { name: (volume) => volume.name, status: (volume) => volume.status },
      sort: { id: (volume) => volume.id, name: (volume) => volume.name, created: (volume) => volume.created },
      labels: (volume) => volume.labels,
    }),
  ),
  get("/volumes/:id", ({ project, id }) => ok({ volume: presentVolume(requireVolume(project, id)) })),
  create,
  put("/volumes/:id", z.object({ name: volumeName.optional(), labels: labels.optional() }), ({ project, id, body }) => {
    const volume = requireVolume(project, id);
    if (body.name !== undefined) project.volumes.requireFreeName(body.name, volume);
    Object.assign(volume, { name: body.name ?? volume.name, labels: body.labels ?? volume.labels });
    return ok({ volume: presentVolume(volume) });
  }),
  remove("/volumes/:id", async (call) => {
    const volume = requireFree(call);
    if (volume.protection.delete) throw protectedFrom("volume", "deletion");
    if (volume.server !== null) throw new ApiError(422, "invalid_input", "volume is still attached to a server", { fields: [] });
    call.project.volumes.delete(volume.id);
    if (volume.status === "available") await call.world.host.deleteVolume(volume.id);
    return noContent();
  }),
  attach,
  detach,
  resize,
  protectionRoute("/volumes/:id", "volume", requireFree),
  ...actionRoutesOf("/volumes", "volume", requireVolume),
];

function requireVolume(project: Project, id: number): Volume {
  const found = project.volumes.get(id);
  if (!found) throw notFound("volume", id);
  return found;
}

/** Looks the volume up and refuses while another action runs on it. */
function requireFree(call: Call<unknown>): Volume {
  const volume = requireVolume(call.project, call.id);
  call.world.actions.requireUnlocked("volume", volume.id);
  return volume;
}

function requireServerOf(project: Project, id: number): Server {
  const found = project.servers.get(id);
  if (!found) throw invalidField("server", `server '${id}' not found`);
  return found;
}

function whereTo(server: Server | undefined, location: number | string | undefined): string {
  if (server && location !== undefined) throw invalidField("location", "cannot be given together with a server");
  if (server) return server.location;
  if (location === undefined) throw invalidField("location", "either location or server is required");
  return requireLocation(location).name;
}
