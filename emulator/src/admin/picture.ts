// The cloud as a person looks at it: what there is, in words and names instead of ids.
import { locationNamed } from "../catalogue/locations";
import { serverTypeById } from "../catalogue/serverTypes";
import type { MachineGlance, MachineHost } from "../machineHost";
import { Project, Table } from "../model/project";
import type { Action, Server, Volume } from "../model/records";
import type { World } from "../model/world";

/** Finished actions that are shown beside those that run. */
const FINISHED_SHOWN = 20;
const JOURNAL_SHOWN = 60;

export interface ServerView extends Pick<Server, "id" | "name" | "status" | "labels" | "location" | "created"> {
  project: string;
  type: string;
  cores: number;
  /** GB. */
  memory: number;
  disk: number;
  city: string;
  image: string | null;
  ipv4: string | null;
  ipv6: string | null;
  privateAddresses: string[];
  volumes: { id: number; name: string }[];
  locked: boolean;
  protected: boolean;
  /** Null where nothing boots. */
  machine: MachineGlance | null;
}

export interface VolumeView extends Pick<Volume, "id" | "name" | "status" | "size" | "format" | "labels" | "location"> {
  project: string;
  /** Where it is attached. */
  server: { id: number; name: string } | null;
  device: string;
  locked: boolean;
  protected: boolean;
}

export interface ActionView extends Pick<Action, "id" | "command" | "status" | "error"> {
  project: string;
  progress: number;
  /** E.g. `server web`, `volume data`. */
  of: string[];
  /** Virtual milliseconds. */
  begunAt: number;
}

/** What is looked at, in parts that change independently. */
export type Picture = ReturnType<typeof pictureOf>;

export function pictureOf(world: World) {
  const projects = [...world.projects.values()];
  return {
    clock: { now: Math.round(world.clock.now()), time: world.timestamp() },
    servers: projects.flatMap((project) => project.servers.list().map((server) => serverView(world, project, server))),
    volumes: projects.flatMap((project) => project.volumes.list().map((volume) => volumeView(world, project, volume))),
    actions: actionViews(world, projects),
    // Which kinds there are is seen before anything is.
    others: others(projects.length > 0 ? projects : [new Project("")]),
    faults: { orders: world.faults.list(), soldOut: world.stock.list(), limits: world.limits.list() },
    journal: world.journal.entries.filter(({ kind }) => kind === "machine" || kind === "violation").slice(-JOURNAL_SHOWN),
  };
}

function serverView(world: World, project: Project, server: Server): ServerView {
  const { id, name, status, labels, location, created } = server;
  const type = serverTypeById(server.type);
  const image = world.images(project).find((each) => each.id === server.image);
  const ipv6 = project.primaryIpOf(id, "ipv6")?.ip;
  return {
    ...{ id, name, status, labels, location, created, project: project.name },
    ...{ type: type.name, cores: type.cores, memory: type.memory, disk: server.primaryDiskSize },
    city: locationNamed(location).city,
    image: image ? (image.name ?? image.description) : null,
    ipv4: project.primaryIpOf(id, "ipv4")?.ip ?? null,
    ipv6: ipv6?.replace(/::\/64$/, "::1") ?? null,
    privateAddresses: server.privateNet.map((net) => net.ip),
    volumes: project.volumesOf(id).map((volume) => ({ id: volume.id, name: volume.name })),
    locked: world.actions.isLocked("server", id),
    protected: server.protection.delete,
    machine: glance(world.host, id),
  };
}

function volumeView(world: World, project: Project, volume: Volume): VolumeView {
  const { id, name, status, size, format, labels, location } = volume;
  const server = volume.server === null ? undefined : project.servers.get(volume.server);
  return {
    ...{ id, name, status, size, format, labels, location, project: project.name },
    server: server ? { id: server.id, name: server.name } : null,
    device: `/dev/disk/by-id/scsi-0HC_Volume_${id}`,
    locked: world.actions.isLocked("volume", id),
    protected: volume.protection.delete,
  };
}

function actionViews(world: World, projects: Project[]): ActionView[] {
  const all = projects.flatMap((project) => [...project.actions.values()].map((action) => ({ project, action })));
  const running = all.filter(({ action }) => action.status === "running");
  const finished = all.filter(({ action }) => action.status !== "running").slice(-FINISHED_SHOWN);
  return [...running, ...finished]
    .sort((a, b) => b.action.id - a.action.id)
    .map(({ project, action: { id, command, status, error, resources, ...action } }) => ({
      ...{ id, command, status, error, project: project.name },
      progress: world.actions.progress({ id, command, status, error, resources, ...action }),
      of: resources.map((resource) => nameOf(world, project, resource)),
      begunAt: Math.round(action.begunAt),
    }));
}

function nameOf(world: World, project: Project, { type, id }: { type: string; id: number }): string {
  const words = type.replaceAll("_", " ");
  const tables: ReadonlyMap<number, AnyRecord>[] = [...tablesOf(project).values()];
  // Numbers are unique across all kinds.
  const record = tables.map((table) => table.get(id)).find(Boolean) ?? world.images(project).find((image) => image.id === id);
  return `${words} ${record?.name ?? String(id)}`;
}

/** All other kinds of resources, whichever there are: their names, and what tells one from the next. */
function others(projects: Project[]): { kind: string; items: { id: number; name: string; note: string }[] }[] {
  const kinds = new Map<string, { id: number; name: string; note: string }[]>();
  for (const project of projects) {
    for (const [kind, table] of tablesOf(project)) {
      if (kind === "servers" || kind === "volumes") continue;
      const items = table.list().map((record) => ({ id: record.id, name: record.name ?? String(record.id), note: noteOf(record) }));
      kinds.set(kind, [...(kinds.get(kind) ?? []), ...items]);
    }
  }
  return [...kinds].map(([kind, items]) => ({ kind: wordsOf(kind), items }));
}

type AnyRecord = { id: number; name: string | null };

function tablesOf(project: Project): Map<string, Table<AnyRecord>> {
  return new Map(
    Object.entries(project).flatMap(([key, value]) => (value instanceof Table ? [[key, value as Table<AnyRecord>] as const] : [])),
  );
}

/** The one or two public facts of a record that a person knows it by. */
function noteOf(record: object): string {
  const facts = ["ip", "ipRange", "type", "fingerprint", "status", "description"].flatMap((key) => {
    const value = (record as Record<string, unknown>)[key];
    return typeof value === "string" && value !== "" ? [value] : [];
  });
  return facts.slice(0, 2).join(" · ");
}

/** `primaryIps` as `primary IPs`. */
function wordsOf(key: string): string {
  return key
    .replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/\bips\b/, "IPs")
    .replace(/\bssh\b/, "SSH");
}

function glance(host: MachineHost, serverId: number): MachineGlance | null {
  try {
    return host.glance?.(serverId) ?? null;
  } catch {
    return null; // its creation is not over
  }
}
