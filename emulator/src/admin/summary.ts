// The cloud at a glance, for tests and for people.
import type { Server, Volume } from "../model/records";
import type { World } from "../model/world";

export interface CloudSummary {
  servers: Pick<Server, "id" | "name" | "status" | "labels">[];
  volumes: Pick<Volume, "id" | "name" | "size" | "server" | "labels">[];
  sshKeys: { id: number; name: string }[];
  firewalls: { id: number; name: string }[];
  primaryIps: { id: number; name: string; ip: string; assignee: number | null }[];
}

/** What there is at the moment, of all projects; a copy. */
export function summarize(world: World): CloudSummary {
  const projects = [...world.projects.values()];
  return structuredClone({
    servers: projects.flatMap(({ servers }) => servers.list().map(({ id, name, status, labels }) => ({ id, name, status, labels }))),
    volumes: projects.flatMap(({ volumes }) =>
      volumes.list().map(({ id, name, size, server, labels }) => ({ id, name, size, server, labels })),
    ),
    sshKeys: projects.flatMap(({ sshKeys }) => sshKeys.list().map(({ id, name }) => ({ id, name }))),
    firewalls: projects.flatMap(({ firewalls }) => firewalls.list().map(({ id, name }) => ({ id, name }))),
    primaryIps: projects.flatMap(({ primaryIps }) => primaryIps.list().map(({ id, name, ip, assignee }) => ({ id, name, ip, assignee }))),
  });
}
