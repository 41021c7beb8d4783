// Where a volume can go.
import { ApiError, invalidField } from "../../model/errors";
import type { Project } from "../../model/project";
import type { Volume } from "../../model/records";
import type { World } from "../../model/world";

/** Hetzner's own CSI driver counts on this number. */
export const MAX_VOLUMES_PER_SERVER = 16;
export const MIN_SIZE = 10;
export const MAX_SIZE = 10_240;

/** @throws ApiError when the volume cannot be attached to a server in this location */
export function requireAttachable(world: World, volume: Volume, location: string): void {
  world.actions.requireUnlocked("volume", volume.id);
  if (volume.server !== null) throw new ApiError(422, "volume_already_attached", `volume ${volume.id} is already attached to a server`);
  if (volume.location !== location) {
    throw invalidField(
      "server",
      `server and volume must be in the same location, but the volume is in ${volume.location} and the server in ${location}`,
    );
  }
}

/** @throws ApiError `resource_limit_exceeded` */
export function requireSlot(project: Project, serverId: number): void {
  if (project.volumesOf(serverId).length >= MAX_VOLUMES_PER_SERVER) {
    throw new ApiError(403, "resource_limit_exceeded", `a server has at most ${MAX_VOLUMES_PER_SERVER} volumes`);
  }
}
