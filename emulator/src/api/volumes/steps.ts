import type { Step } from "../../model/actions";
import { ApiError } from "../../model/errors";
import type { Project } from "../../model/project";
import type { Volume } from "../../model/records";
import type { World } from "../../model/world";

const resources = (volume: Volume, server: number | null): Step["resources"] => [
  ...(server === null ? [] : [{ type: "server", id: server }]),
  { type: "volume", id: volume.id },
];

export function createStep(world: World, volume: Volume): Step {
  return {
    command: "create_volume",
    resources: resources(volume, null),
    seconds: world.latencies.createVolume,
    effect: async () => {
      await world.host.createVolume(volume.id, volume.size, volume.format);
      volume.status = "available";
    },
  };
}

export function attachStep(world: World, project: Project, volume: Volume, server: number, automount = false): Step {
  return {
    command: "attach_volume",
    resources: resources(volume, server),
    seconds: world.latencies.attachVolume,
    effect: async () => {
      if (!project.servers.has(server)) throw new ApiError(404, "not_found", `server ${server} is gone`);
      await world.host.attachVolume(server, volume.id, { automount });
      volume.server = server;
    },
  };
}

export function detachStep(world: World, volume: Volume): Step {
  const server = volume.server;
  return {
    command: "detach_volume",
    resources: resources(volume, server),
    seconds: world.latencies.detachVolume,
    effect: async () => {
      if (server !== null) await world.host.detachVolume(server, volume.id);
      volume.server = null;
    },
  };
}

export function resizeStep(world: World, volume: Volume, size: number): Step {
  return {
    command: "resize_volume",
    // Not the server: what is attached to it is not touched.
    resources: resources(volume, null),
    seconds: world.latencies.action,
    effect: async () => {
      await world.host.resizeVolume(volume.id, size);
      volume.size = size;
    },
  };
}
