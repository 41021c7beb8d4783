// Snapshots and backups: images made of a server's disk.
import { z } from "zod";
import { serverTypeById } from "../../catalogue/serverTypes";
import { ApiError } from "../../model/errors";
import type { Image } from "../../model/records";
import { labels } from "../fields";
import { presentImage } from "../images";
import { post, type Route } from "../route";
import { act, requireFree } from "./actions";

/** GB that a snapshot is said to have where there is no disk behind a server. */
const IMAGE_SIZE = 2.3;

export const createImageRoute: Route = post(
  "/servers/:id/actions/create_image",
  z.object({ type: z.enum(["snapshot", "backup"]).default("snapshot"), description: z.string().optional(), labels: labels.default({}) }),
  (call) => {
    const { world, project, body } = call;
    const server = requireFree(call);
    if (body.type === "backup" && server.backupWindow === null) {
      throw new ApiError(422, "invalid_input", "backups are not enabled for the server");
    }
    const made = world.images(project).find(({ id }) => id === server.image);
    const image: Image = {
      id: world.newId(),
      type: body.type,
      status: "creating",
      name: null,
      description: body.description ?? `${body.type} of ${server.name}`,
      imageSize: null,
      diskSize: server.primaryDiskSize,
      created: world.timestamp(),
      createdFrom: { id: server.id, name: server.name },
      boundTo: body.type === "backup" ? server.id : null,
      osFlavor: made?.osFlavor ?? "unknown",
      osVersion: made?.osVersion ?? null,
      protection: { delete: false },
      deprecated: null,
      labels: body.labels,
      architecture: serverTypeById(server.type).architecture,
    };
    project.images.add(image);
    const step = {
      command: "create_image",
      seconds: world.latencies.action,
      effect: async () => {
        image.imageSize = (await world.host.createImage?.(server.id, image.id)) ?? IMAGE_SIZE;
        image.status = "available";
      },
      undo: () => project.images.delete(image.id),
    };
    return act(call, server, step, { image: presentImage(world, image) });
  },
);
