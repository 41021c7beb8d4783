import type { Faults } from "../faults";
import type { Journal } from "../journal";
import type { Latencies } from "../latencies";
import type { MachineHost } from "../machineHost";
import { systemImages } from "../catalogue/images";
import { Actions } from "./actions";
import { freeIpv4, freeIpv6 } from "./addresses";
import { MachineNetworks } from "./machineNetworks";
import { History } from "./history";
import { Project } from "./project";
import { Limits } from "./limits";
import type { Image, Server } from "./records";
import { Stock } from "./stock";
import type { VirtualClock } from "../virtualClock";

/** What the world needs from outside it. */
export interface Surroundings {
  clock: VirtualClock;
  latencies: Latencies;
  journal: Journal;
  faults: Faults;
  host: MachineHost;
  /** Wall clock time at virtual time 0, milliseconds since 1970. */
  epoch: number;
  /** Which day's API is served; today's without. */
  history?: History;
}

/** First number given to a resource; below it are the catalogue's. */
const FIRST_ID = 1_000_000_001;

/** The emulated cloud: all projects, and what they share. */
export class World {
  readonly clock: VirtualClock;
  readonly latencies: Latencies;
  readonly journal: Journal;
  readonly faults: Faults;
  readonly host: MachineHost;
  readonly epoch: number;
  readonly projects = new Map<string, Project>();
  readonly history: History;
  readonly actions: Actions;
  readonly stock = new Stock();
  readonly limits = new Limits();
  readonly machineNetworks = new MachineNetworks(this);
  nextId = FIRST_ID;

  constructor(surroundings: Surroundings) {
    this.clock = surroundings.clock;
    this.latencies = surroundings.latencies;
    this.journal = surroundings.journal;
    this.faults = surroundings.faults;
    this.host = surroundings.host;
    this.epoch = surroundings.epoch;
    this.history = surroundings.history ?? new History();
    this.actions = new Actions(this);
  }

  /**
   * Numbers are unique across all types of resources. The Terraform provider compares the id of a server's primary IP with that of a
   * server, and would power a server off for a chance match.
   */
  newId(): number {
    return this.nextId++;
  }

  /** Now, as the API writes it. */
  timestamp(): string {
    return new Date(this.epoch + this.clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
  }

  project(name: string): Project {
    let project = this.projects.get(name);
    if (!project) {
      project = new Project(name);
      this.projects.set(name, project);
    }
    return project;
  }

  /** The server of this id in whichever project, for those who stand outside of projects. */
  findServer(id: number): { project: Project; server: Server } | undefined {
    for (const project of this.projects.values()) {
      const server = project.servers.get(id);
      if (server) return { project, server };
    }
    return undefined;
  }

  /** System images first, then the project's own. */
  images(project: Project): Image[] {
    return [...systemImages, ...project.images.values()];
  }

  freeAddress(type: "ipv4" | "ipv6"): string {
    const taken = new Set(
      [...this.projects.values()].flatMap(({ primaryIps, floatingIps, loadBalancers }) => [
        ...[...primaryIps.list(), ...floatingIps.list()].map(({ ip }) => ip),
        ...loadBalancers.list().flatMap(({ ipv4, ipv6 }) => [ipv4 ?? "", ipv6 ?? ""]),
      ]),
    );
    return type === "ipv4" ? freeIpv4(taken) : freeIpv6(taken);
  }
}

/** Whether there is a machine behind a server: one whose creation is not over, or was cut short, has none. */
export function hasMachine(world: World, serverId: number): boolean {
  try {
    world.host.powerState(serverId);
    return true;
  } catch {
    return false;
  }
}
