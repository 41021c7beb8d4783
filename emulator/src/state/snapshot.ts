// The whole cloud as one JSON document, and back.
import { z } from "zod";
import { Project } from "../model/project";
import { loadBalancer } from "../model/loadBalancerRecords";
import * as records from "../model/records";
import { zone } from "../model/zoneRecords";
import type { World } from "../model/world";

const project = z.strictObject({
  sshKeys: z.array(records.sshKey),
  servers: z.array(records.server),
  volumes: z.array(records.volume),
  firewalls: z.array(records.firewall),
  primaryIps: z.array(records.primaryIp),
  floatingIps: z.array(records.floatingIp),
  networks: z.array(records.network),
  placementGroups: z.array(records.placementGroup),
  images: z.array(records.image),
  // Files that were written before these were covered have none.
  certificates: z.array(records.certificate).default([]),
  loadBalancers: z.array(loadBalancer).default([]),
  zones: z.array(zone).default([]),
  actions: z.array(records.action),
});

export const snapshot = z.strictObject({
  /** Of this format. */
  version: z.literal(1),
  nextId: z.int(),
  /** Virtual time when it was written, milliseconds since 1970. */
  time: z.number(),
  projects: z.record(z.string(), project),
});
export type Snapshot = z.infer<typeof snapshot>;

export function takeSnapshot(world: World): Snapshot {
  const projects = [...world.projects.values()].map((each) => [
    each.name,
    {
      sshKeys: each.sshKeys.list(),
      servers: each.servers.list(),
      volumes: each.volumes.list(),
      firewalls: each.firewalls.list(),
      primaryIps: each.primaryIps.list(),
      floatingIps: each.floatingIps.list(),
      networks: each.networks.list(),
      placementGroups: each.placementGroups.list(),
      images: each.images.list(),
      certificates: each.certificates.list(),
      loadBalancers: each.loadBalancers.list(),
      zones: each.zones.list(),
      actions: [...each.actions.values()],
    },
  ]);
  return {
    version: 1,
    nextId: world.nextId,
    time: world.epoch + world.clock.now(),
    projects: Object.fromEntries(projects) as Snapshot["projects"],
  };
}

/**
 * Fills a new world. What was running when the snapshot was taken was cut off: such an action is an `error`, and what it was at work on is
 * in the state that follows from that.
 */
export function loadSnapshot(world: World, from: Snapshot): void {
  world.nextId = from.nextId;
  for (const [name, stored] of Object.entries(from.projects)) {
    const into = new Project(name);
    world.projects.set(name, into);
    for (const record of stored.sshKeys) into.sshKeys.add(record);
    for (const record of stored.servers) into.servers.add(record);
    for (const record of stored.volumes) into.volumes.add(record);
    for (const record of stored.firewalls) into.firewalls.add(record);
    for (const record of stored.primaryIps) into.primaryIps.add(record);
    for (const record of stored.floatingIps) into.floatingIps.add(record);
    for (const record of stored.networks) into.networks.add(record);
    for (const record of stored.placementGroups) into.placementGroups.add(record);
    for (const record of stored.images) into.images.add(record);
    for (const record of stored.certificates) into.certificates.add(record);
    for (const record of stored.loadBalancers) into.loadBalancers.add(record);
    for (const record of stored.zones) into.zones.add(record);
    for (const record of stored.actions) into.actions.set(record.id, record);
    cutOff(world, into);
  }
}

function cutOff(world: World, project: Project): void {
  for (const action of project.actions.values()) {
    if (action.status !== "running") continue;
    Object.assign(action, {
      status: "error",
      finished: world.timestamp(),
      error: { code: "action_failed", message: "the emulator was stopped meanwhile" },
    });
    const volume = project.volumes.get(action.resources.find(({ type }) => type === "volume")?.id ?? 0);
    if (volume && action.command === "create_volume") project.volumes.delete(volume.id);
  }
  for (const certificate of project.certificates.values()) {
    if (certificate.issuance !== "pending") continue;
    certificate.issuance = "failed";
    certificate.error = { code: "action_failed", message: "the emulator was stopped meanwhile" };
  }
  for (const firewall of project.firewalls.values()) {
    for (const target of firewall.appliedTo) if (target.type === "server") target.status = "applied";
  }
}
