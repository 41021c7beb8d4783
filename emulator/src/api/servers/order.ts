// What a customer orders with `POST /servers`, checked as a whole before anything is created.
import { z } from "zod";
import { findServerType, type ServerType } from "../../catalogue/serverTypes";
import { locations } from "../../catalogue/locations";
import { ApiError, invalidField, resourceUnavailable } from "../../model/errors";
import { firewallsOf } from "../../model/firewalling";
import type { Firewall, Image, Network, PlacementGroup, PrimaryIp, SshKey, Volume } from "../../model/records";
import { findPlace, type Newcomer } from "../../model/privateNets";
import { hasEnded, isOrderable } from "../catalogue";
import { whereTo } from "../datacenters";
import { hostName, id, idOrName, labels } from "../fields";
import { findImage } from "../images";
import type { Call } from "../route";
import { MAX_VOLUMES_PER_SERVER, requireAttachable } from "../volumes/rules";

const MAX_USER_DATA = 32 * 1024;
export const MAX_FIREWALLS_PER_SERVER = 5;
export const MAX_SERVERS_PER_SPREAD_GROUP = 10;

const publicNet = z.object({
  enable_ipv4: z.boolean().default(true),
  enable_ipv6: z.boolean().default(true),
  ipv4: id.nullish(),
  ipv6: id.nullish(),
});

export const serverBody = z.object({
  name: hostName,
  server_type: idOrName,
  image: idOrName,
  location: idOrName.optional(),
  datacenter: idOrName.optional(),
  start_after_create: z.boolean().default(true),
  ssh_keys: z.array(idOrName).default([]),
  volumes: z.array(id).max(MAX_VOLUMES_PER_SERVER).default([]),
  automount: z.boolean().optional(),
  networks: z.array(id).default([]),
  firewalls: z
    .array(z.object({ firewall: id }))
    .max(MAX_FIREWALLS_PER_SERVER)
    .default([]),
  placement_group: id.optional(),
  user_data: z
    .string()
    .refine((text) => Buffer.byteLength(text) <= MAX_USER_DATA, "is larger than 32 KiB")
    .default(""),
  labels: labels.default({}),
  public_net: publicNet.prefault({}),
});

export type ServerBody = z.output<typeof serverBody>;

/** An order in which every name has been found. */
export interface Order {
  name: string;
  type: ServerType;
  image: Image;
  location: string;
  sshKeys: SshKey[];
  volumes: Volume[];
  firewalls: Firewall[];
  networks: Network[];
  placementGroup: PlacementGroup | null;
  /** An own primary IP, `true` for a new one, `false` for none. */
  ipv4: PrimaryIp | boolean;
  ipv6: PrimaryIp | boolean;
}

/** @throws ApiError when it cannot be delivered */
export function checkOrder(call: Call<ServerBody>): Order {
  const { project, body } = call;
  project.servers.requireFreeName(body.name);
  const type = requireServerType(body.server_type);
  const location = chooseLocation(call, type);
  const image = requireImageFor(call, type, body.image);
  const order: Order = {
    name: body.name,
    type,
    image,
    location,
    sshKeys: unique(body.ssh_keys.map((key) => requireOf("ssh_keys", key, project.sshKeys.find(key)))),
    volumes: unique(body.volumes.map((volume) => requireOf("volumes", volume, project.volumes.get(volume)))),
    firewalls: unique(body.firewalls.map(({ firewall }) => requireOf("firewalls", firewall, project.firewalls.get(firewall)))),
    networks: unique(body.networks.map((network) => requireOf("networks", network, project.networks.get(network)))),
    placementGroup: requirePlace(call),
    ipv4: chooseAddress(call, "ipv4", location),
    ipv6: chooseAddress(call, "ipv6", location),
  };
  requirePrivatePlaces(call, order);
  for (const volume of order.volumes) requireAttachable(call.world, volume, location);
  if (!order.ipv4 && !order.ipv6 && body.networks.length === 0 && body.start_after_create) {
    throw invalidField("public_net", "a server without public network needs a private one to be started");
  }
  return order;
}

/** @throws ApiError `invalid_input` */
export function requireServerType(idOrName: number | string): ServerType {
  return requireOf("server_type", idOrName, findServerType(idOrName));
}

/** The image as this type can use it. @throws ApiError `invalid_input` */
export function requireImageFor(call: Call<unknown>, type: ServerType, idOrName: number | string, diskSize = type.disk): Image {
  const image = requireOf("image", idOrName, findImage(call.world, call.project, idOrName, type.architecture));
  if (image.architecture !== type.architecture) {
    throw invalidField("image", `image architecture ${image.architecture} does not fit server type ${type.name} (${type.architecture})`);
  }
  if (image.status !== "available") throw invalidField("image", `image is ${image.status}`);
  if (image.diskSize > diskSize)
    throw invalidField("image", `image needs a disk of ${image.diskSize} GB, but the server has ${diskSize} GB`);
  return image;
}

function chooseLocation({ world, body }: Call<ServerBody>, type: ServerType): string {
  const offered = (name: string): boolean => type.locations.some((offer) => offer.name === name && !hasEnded(world, offer.deprecation));
  const name = whereTo(world, body);
  if (name === undefined) {
    const first = locations.find(({ name }) => isOrderable(world, type, name));
    if (!first) throw resourceUnavailable(`server type ${type.name} is not available in any location`);
    return first.name;
  }
  if (!offered(name)) throw invalidField("server_type", "unsupported location for server type");
  if (!isOrderable(world, type, name)) {
    throw resourceUnavailable("we are unable to provision servers for this location, try with a different location or try later");
  }
  return name;
}

function chooseAddress({ project, body }: Call<ServerBody>, family: "ipv4" | "ipv6", location: string): PrimaryIp | boolean {
  const given = body.public_net[family];
  if (!body.public_net[`enable_${family}`]) {
    if (given !== null && given !== undefined) throw invalidField(`public_net.${family}`, `needs enable_${family}`);
    return false;
  }
  if (given === null || given === undefined) return true;
  const ip = requireOf(`public_net.${family}`, given, project.primaryIps.get(given));
  if (ip.type !== family) throw new ApiError(412, "primary_ip_version_mismatch", `primary IP ${given} is not of type ${family}`);
  if (ip.assignee !== null) throw new ApiError(422, "primary_ip_assigned", `primary IP ${given} is already assigned to a server`);
  if (ip.location !== location) {
    throw new ApiError(422, "primary_ip_datacenter_mismatch", `primary IP ${given} is in ${ip.location}, the server in ${location}`);
  }
  return ip;
}

/** Before the server is there: it must find a place in each network. */
function requirePrivatePlaces({ project }: Call<ServerBody>, { networks, location }: Order): void {
  const newcomer: Newcomer = { id: 0, location, privateNet: [] };
  for (const network of networks) newcomer.privateNet.push(findPlace(project, newcomer, network, { aliasIps: [] }));
}

function requirePlace({ project, body }: Call<ServerBody>): PlacementGroup | null {
  if (body.placement_group === undefined) return null;
  const group = requireOf("placement_group", body.placement_group, project.placementGroups.get(body.placement_group));
  requireRoomInGroup(project.servers.list().filter(({ placementGroup }) => placementGroup === group.id).length);
  return group;
}

/** @throws ApiError `placement_error` when a group of this many servers is full */
export function requireRoomInGroup(size: number): void {
  if (size >= MAX_SERVERS_PER_SPREAD_GROUP) {
    throw new ApiError(422, "placement_error", `a spread placement group has at most ${MAX_SERVERS_PER_SPREAD_GROUP} servers`);
  }
}

/** @throws ApiError `resource_limit_exceeded` */
export function requireRoomForFirewall(call: Call<unknown>, serverId: number): void {
  const server = call.project.servers.get(serverId);
  if (server && firewallsOf(call.project, server).length >= MAX_FIREWALLS_PER_SERVER) {
    throw new ApiError(403, "resource_limit_exceeded", `a server has at most ${MAX_FIREWALLS_PER_SERVER} firewalls`);
  }
}

function requireOf<T>(field: string, wanted: number | string, found: T | undefined): T {
  if (found === undefined) throw invalidField(field, `${field.replace(/s$/, "")} '${wanted}' not found`);
  return found;
}

const unique = <T>(items: T[]): T[] => [...new Set(items)];
