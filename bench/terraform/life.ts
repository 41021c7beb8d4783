// One life of a machine, told the same way whoever leads it: create, update, recreate, destroy, and up again.
import { setTimeout as sleep } from "node:timers/promises";
import type { Part, Value } from "../figure";
import { milestones, outageParts } from "../unserved";
import type { World } from "../world";

/** In the order in which they are lived. */
export const PHASES = ["create", "update", "recreate", "destroy", "again"] as const;
export type Phase = (typeof PHASES)[number];

/** Who leads the life of a machine. */
export interface Leader {
  /** What parts are told under, e.g. `Terraform`. */
  name: string;
  /** Host name of its machine. */
  machine: string;
  lead: Record<Phase, () => Promise<unknown>>;
}

/** What one phase took. All times are the cloud's, virtual. */
export interface Lived {
  /** Until the command had ended and, where there is a machine then, it was served. */
  seconds: number;
  /** How long of that nothing was served. */
  unserved: number;
  /** Of the API. */
  requests: number;
  /** Volumes that were taken from a running machine which had them mounted. */
  torn: number;
  /** What the unserved time is made of. */
  parts: Part[];
}

export type Life = Record<Phase, Lived>;

/** As much of a world as is looked at here. */
export interface Surroundings {
  cloud: Pick<World["cloud"], "journal" | "unserved" | "isServed"> & { clock: Pick<World["cloud"]["clock"], "now"> };
  events: Pick<World["events"], "mark" | "requestsSince">;
}

export async function live(world: Surroundings, leader: Leader, say: (text: string) => void): Promise<Life> {
  const life: Partial<Life> = {};
  for (const phase of PHASES) {
    say(`${leader.name}: ${phase}`);
    life[phase] = await livePhase(world, leader, phase);
  }
  return life as Life;
}

async function livePhase({ cloud, events }: Surroundings, { name, machine, lead }: Leader, phase: Phase): Promise<Lived> {
  const [mark, from, violations] = [events.mark(), cloud.clock.now(), cloud.journal.violations().length];
  await lead[phase]();
  // An installation by nixos-anywhere ends as soon as the restart has begun.
  while (phase !== "destroy" && !cloud.isServed(machine)) await sleep(20);
  const to = cloud.clock.now();
  const unserved = (begin: number, end: number): number => cloud.unserved(machine, begin, end);
  return {
    seconds: (to - from) / 1000,
    unserved: unserved(from, to) / 1000,
    requests: events.requestsSince(mark).length,
    torn: volumesIn(cloud.journal.violations().slice(violations)),
    // Before it is made, and after it is gone, there is nothing to wait for.
    parts:
      phase === "update" || phase === "recreate" ? outageParts(`${name}, ${phase}`, unserved, milestones(cloud, from, to), from, to) : [],
  };
}

function volumesIn(violations: readonly { text: string }[]): number {
  return new Set(violations.flatMap(({ text }) => /^volume (\d+) /.exec(text)?.[1] ?? [])).size;
}

/**
 * Both lives side by side.
 *
 * The keys of the recreate have no phase in them: they were here before there were others.
 */
export function sideBySide(ours: Life, theirs: Life): Value[] {
  const pair = (key: string, unit: Value["unit"], of: (life: Life) => number, goal?: number): Value[] => [
    { key: `${key}Ours`, value: of(ours), unit, ...(goal !== undefined && { goal }) },
    { key: `${key}Terraform`, value: of(theirs), unit },
  ];
  return [
    ...pair("peerUnserved", "s", (life) => life.recreate.unserved),
    ...pair("peerRequests", "requests", (life) => life.recreate.requests),
    ...PHASES.filter((phase) => phase !== "recreate").flatMap((phase) => {
      const key = `peer${phase.charAt(0).toUpperCase()}${phase.slice(1)}`;
      return [
        ...pair(`${key}Seconds`, "s", (life) => life[phase].seconds),
        ...(phase === "update" ? pair(`${key}Unserved`, "s", (life) => life[phase].unserved) : []),
        ...pair(`${key}Requests`, "requests", (life) => life[phase].requests),
      ];
    }),
    ...pair("peerRequestsInAll", "requests", (life) => total(life, ({ requests }) => requests)),
    ...pair("peerVolumesTorn", "volumes", (life) => total(life, ({ torn }) => torn), 0),
  ];
}

function total(life: Life, of: (lived: Lived) => number): number {
  return PHASES.reduce((sum, phase) => sum + of(life[phase]), 0);
}

/** In which phases volumes were torn away, in words; empty when in none. */
export function tornIn(life: Life): string {
  return PHASES.filter((phase) => life[phase].torn > 0).join(" and ");
}
