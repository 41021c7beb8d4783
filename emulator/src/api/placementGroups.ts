import { z } from "zod";
import { ApiError, invalidField, notFound, serverNotStopped } from "../model/errors";
import type { Project } from "../model/project";
import type { PlacementGroup } from "../model/records";
import { freeName, id, labels, nothing } from "./fields";
import { list } from "./list";
import { created, get, noContent, ok, post, put, remove, type Route } from "./route";
import { act, requireFree } from "./servers/actions";
import { requireRoomInGroup } from "./servers/order";
import { presentPlacementGroup } from "./servers/present";

const create = post(
  "/placement_groups",
  z.object({ name: freeName, type: z.enum(["spread"]), labels: labels.default({}) }),
  ({ world, project, body }) => {
    project.placementGroups.requireFreeName(body.name);
    const group = project.placementGroups.add({ id: world.newId(), created: world.timestamp(), ...body });
    return created({ placement_group: presentPlacementGroup(project, group), action: null });
  },
);

const join = post("/servers/:id/actions/add_to_placement_group", z.object({ placement_group: id }), (call) => {
  const server = requireFree(call);
  const group = call.project.placementGroups.get(call.body.placement_group);
  if (!group) throw invalidField("placement_group", `placement_group '${call.body.placement_group}' not found`);
  if (server.placementGroup !== null) throw new ApiError(422, "already_in_placement_group", "server is already part of a placement group");
  if (server.status !== "off") throw serverNotStopped();
  requireRoomInGroup(membersOf(call.project, group.id).length);
  return act(call, server, {
    command: "add_to_placement_group",
    seconds: call.world.latencies.action,
    effect: () => {
      server.placementGroup = group.id;
    },
  });
});

const leave = post("/servers/:id/actions/remove_from_placement_group", nothing, (call) => {
  const server = requireFree(call);
  if (server.placementGroup === null) throw new ApiError(422, "not_in_placement_group", "server is not part of a placement group");
  return act(call, server, {
    command: "remove_from_placement_group",
    seconds: call.world.latencies.action,
    effect: () => {
      server.placementGroup = null;
    },
  });
});

export const placementGroupRoutes: Route[] = [
  get("/placement_groups", (call) =>
    list(call, {
      key: "placement_groups",
      items: call.project.placementGroups.list(),
      present: (group) => presentPlacementGroup(call.project, group),
      filters: { name: (group) => group.name, type: (group) => group.type },
      sort: { id: (group) => group.id, name: (group) => group.name, created: (group) => group.created },
      labels: (group) => group.labels,
    }),
  ),
  get("/placement_groups/:id", ({ project, id }) => ok({ placement_group: presentPlacementGroup(project, requireGroup(project, id)) })),
  create,
  put("/placement_groups/:id", z.object({ name: freeName.optional(), labels: labels.optional() }), ({ project, id, body }) => {
    const group = requireGroup(project, id);
    if (body.name !== undefined) project.placementGroups.requireFreeName(body.name, group);
    Object.assign(group, { name: body.name ?? group.name, labels: body.labels ?? group.labels });
    return ok({ placement_group: presentPlacementGroup(project, group) });
  }),
  // Its servers stay where they are and belong to no group then.
  remove("/placement_groups/:id", ({ project, id }) => {
    requireGroup(project, id);
    for (const server of membersOf(project, id)) server.placementGroup = null;
    project.placementGroups.delete(id);
    return noContent();
  }),
  join,
  leave,
];

const membersOf = (project: Project, group: number) => project.servers.list().filter(({ placementGroup }) => placementGroup === group);

function requireGroup(project: Project, id: number): PlacementGroup {
  const found = project.placementGroups.get(id);
  if (!found) throw notFound("placement_group", id);
  return found;
}
