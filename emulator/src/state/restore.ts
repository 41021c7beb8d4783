// After a restart: machines and disks for what the state file says is there.
import type { World } from "../model/world";
import { systemOf } from "../api/images";
import { machineSpec } from "../api/servers/create";
import { forget } from "../api/servers/remove";

/**
 * For the machines a restart is a power failure: those that ran boot again.
 *
 * @throws Error when a disk that should lie in the state folder does not
 */
export async function restoreMachines(world: World): Promise<void> {
  const projects = [...world.projects.values()];
  for (const project of projects) {
    // Nothing was there yet, or nothing is to be there any more.
    for (const server of project.servers.list()) {
      if (server.status === "initializing" || server.status === "deleting") await forget(world, project, server);
    }
  }
  await world.host.restore?.({
    servers: projects.flatMap((project) =>
      project.servers.list().map((server) => ({
        spec: machineSpec(project, server, systemOf(world, project, server.image)),
        running: server.status !== "off",
        volumes: project.volumesOf(server.id).map(({ id }) => id),
      })),
    ),
    volumes: projects.flatMap(({ volumes }) => volumes.list().map(({ id, size }) => ({ id, sizeGB: size }))),
  });
  for (const { servers } of projects) for (const server of servers.values()) server.status = server.status === "off" ? "off" : "running";
}
