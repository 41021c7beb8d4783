// After a restart: machines and disks for what the state file says is there.
import type { World } from "../model/world";
import { machineSpec } from "../api/servers/create";
import { forget } from "../api/servers/remove";

/** For the machines a restart is a power failure: those that ran boot again. */
export async function restoreMachines(world: World): Promise<void> {
  for (const project of world.projects.values()) {
    // Nothing was there yet, or nothing is to be there any more.
    for (const server of project.servers.list()) {
      if (server.status === "initializing" || server.status === "deleting") await forget(world, project, server);
    }
    const imageOf = (id: number | null): string => world.images(project).find((image) => image.id === id)?.name ?? String(id ?? "");
    const servers = project.servers.list().map((server) => ({
      spec: machineSpec(project, server, imageOf(server.image)),
      running: server.status !== "off",
      volumes: project.volumesOf(server.id).map(({ id }) => id),
    }));
    const volumes = project.volumes.list().map(({ id, size }) => ({ id, sizeGB: size }));
    await world.host.restore?.({ servers, volumes });
    for (const server of project.servers.values()) server.status = server.status === "off" ? "off" : "running";
  }
}
