import { notFound, protectedFrom } from "../model/errors";
import type { Image } from "../model/records";
import type { Project } from "../model/project";
import type { World } from "../model/world";
import { z } from "zod";
import { actionRoutesOf, protectionRoute } from "./actions";
import { labels } from "./fields";
import { list } from "./list";
import { type Call, get, noContent, ok, put, remove, type Route } from "./route";
import { ApiError } from "../model/errors";

export function presentImage({ history }: World, image: Image): object {
  return {
    id: image.id,
    type: image.type,
    status: image.status,
    name: image.name,
    description: image.description,
    image_size: image.imageSize,
    disk_size: image.diskSize,
    created: image.created,
    created_from: image.createdFrom,
    bound_to: image.boundTo,
    os_flavor: image.osFlavor,
    os_version: image.osVersion,
    rapid_deploy: image.type === "system",
    protection: image.protection,
    deprecated: image.deprecated,
    ...(history.has("imageDeprecation") ? { deprecation: deprecationOf(image) } : {}),
    deleted: null,
    labels: image.labels,
    architecture: image.architecture,
  };
}

/**
 * The image that a server of this architecture would get. System images have one name for two architectures, so a name alone is not enough.
 */
export function findImage(world: World, project: Project, idOrName: number | string, architecture: "x86" | "arm"): Image | undefined {
  const images = world.images(project);
  const named = images.find((image) => image.name === idOrName && image.architecture === architecture);
  return named ?? images.find((image) => image.id === Number(idOrName));
}

/**
 * What a machine with this image boots. A snapshot's disk is not kept, so a machine made from one boots the system that its server had.
 */
export function systemOf(world: World, project: Project, id: number | null): string {
  const images = world.images(project);
  const image = images.find((each) => each.id === id);
  if (!image) return String(id ?? "");
  if (image.name !== null) return image.name;
  const same = images.find(
    ({ name, osFlavor, osVersion }) => name !== null && osFlavor === image.osFlavor && osVersion === image.osVersion,
  );
  return same?.name ?? String(image.id);
}

export const imageRoutes: Route[] = [
  get("/images", (call) => {
    const withDeprecated = call.query.flag("include_deprecated");
    return list(call, {
      key: "images",
      items: call.world.images(call.project).filter((image) => withDeprecated || image.deprecated === null),
      present: (image) => presentImage(call.world, image),
      filters: {
        name: (image) => image.name,
        type: (image) => image.type,
        status: (image) => image.status,
        architecture: (image) => image.architecture,
        bound_to: (image) => image.boundTo,
      },
      sort: { id: (image) => image.id, name: (image) => image.name, created: (image) => image.created },
      labels: (image) => image.labels,
    });
  }),
  get("/images/:id", (call) => ok({ image: presentImage(call.world, requireImage(call, call.id)) })),
  put(
    "/images/:id",
    z.object({ description: z.string().optional(), type: z.enum(["snapshot"]).optional(), labels: labels.optional() }),
    (call) => {
      const image = requireOwn(call);
      if (call.body.description !== undefined) image.description = call.body.description;
      if (call.body.labels) image.labels = call.body.labels;
      if (call.body.type) {
        // A backup that becomes a snapshot outlives its server.
        image.type = call.body.type;
        image.boundTo = null;
      }
      return ok({ image: presentImage(call.world, image) });
    },
  ),
  remove("/images/:id", async (call) => {
    const image = requireOwn(call);
    if (image.protection.delete) throw protectedFrom("image", "deletion");
    call.project.images.delete(image.id);
    await call.world.host.deleteImage?.(image.id);
    return noContent();
  }),
  protectionRoute("/images/:id", "image", requireOwn),
  ...actionRoutesOf("/images", "image", (project, id) => {
    if (!project.images.has(id)) throw notFound("image", id);
  }),
];

function requireImage(call: Call<unknown>, id: number): Image {
  const found = call.world.images(call.project).find((image) => image.id === id);
  if (!found) throw notFound("image", id);
  return found;
}

/** System images are nobody's to change. */
function requireOwn(call: Call<unknown>): Image {
  const image = requireImage(call, call.id);
  const own = call.project.images.get(image.id);
  if (!own) throw new ApiError(403, "forbidden", "system images cannot be changed");
  return own;
}

const deprecationOf = ({ deprecated }: Image): object | null =>
  deprecated === null ? null : { announced: deprecated, unavailable_after: afterThreeMonths(deprecated) };

const afterThreeMonths = (from: string): string => new Date(Date.parse(from) + 92 * 86_400_000).toISOString().replace(/\.\d+Z$/, "Z");
