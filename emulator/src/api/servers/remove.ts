import { leaveFirewalls } from "../../model/firewalling";
import { protectedFrom } from "../../model/errors";
import { leaveLoadBalancers } from "../../model/loadBalancing";
import type { Project } from "../../model/project";
import type { Server } from "../../model/records";
import { hasMachine, type World } from "../../model/world";
import { presentAction } from "../actions";
import { ok, remove, type Route } from "../route";
import { requireServer } from "./present";

/** Nothing but protection keeps a server from being deleted, not even an action that is still running. */
export const removeRoute: Route = remove("/servers/:id", ({ world, project, id }) => {
  const server = requireServer(project, id);
  if (server.protection.delete) throw protectedFrom("server", "deletion");
  const cancelled = world.actions.cancel(project, "server", id);
  server.status = "deleting";
  const action = world.actions.start(project, {
    command: "delete_server",
    resources: [{ type: "server", id }],
    seconds: world.latencies.deleteServer,
    begin: async () => {
      await cancelled;
      server.status = "deleting";
      // Before power is cut: a volume that a running machine still has mounted is torn from it, and the journal is to say so.
      await freeVolumes(world, project, server);
      if (hasMachine(world, id)) await world.host.powerOff(id);
    },
    effect: () => forget(world, project, server),
    undo: () => {
      server.status = hasMachine(world, id) ? world.host.powerState(id) : "off";
    },
  });
  return ok({ action: presentAction(world, action) });
});

/** Takes a server and what belongs to it away at once; volumes and own primary IPs stay, free for others. */
export async function forget(world: World, project: Project, server: Server): Promise<void> {
  if (hasMachine(world, server.id)) await world.host.powerOff(server.id);
  await freeVolumes(world, project, server);
  if (hasMachine(world, server.id)) await world.host.destroy(server.id);
  for (const ip of project.primaryIps.list()) {
    if (ip.assignee !== server.id) continue;
    ip.assignee = null;
    if (ip.autoDelete) project.primaryIps.delete(ip.id);
  }
  for (const ip of project.floatingIps.values()) if (ip.server === server.id) ip.server = null;
  for (const image of project.images.list()) {
    if (image.type !== "backup" || image.boundTo !== server.id) continue;
    project.images.delete(image.id);
    await world.host.deleteImage?.(image.id);
  }
  leaveFirewalls(project, server.id);
  leaveLoadBalancers(project, server.id);
  world.machineNetworks.forget(server.id);
  project.servers.delete(server.id);
}

async function freeVolumes(world: World, project: Project, server: Server): Promise<void> {
  for (const volume of project.volumesOf(server.id)) {
    if (hasMachine(world, server.id)) await world.host.detachVolume(server.id, volume.id);
    volume.server = null;
  }
}
