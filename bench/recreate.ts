// How long a machine is not served while it is recreated: with overlap, against the same with the old server deleted first.
import type { Figure, Measured, Part } from "./figure";
import { milestones, outageParts } from "./unserved";
import { DEVSERVER, inWorld, MACHINE, type MachineSettings, type World } from "./world";

interface Layout {
  name: string;
  key: string;
  title: string;
  machine: MachineSettings;
  goal: number;
}

const LAYOUTS: Layout[] = [
  {
    name: "recreate-home-store",
    key: "recreateUnservedRatio",
    title: "unserved time of a recreate, home + store on a volume",
    machine: { ...DEVSERVER, volumes: { home: { size: 10 } } },
    goal: 0.4,
  },
  {
    name: "recreate-home",
    key: "recreateUnservedRatioHome",
    title: "unserved time of a recreate, home on a volume",
    machine: { ...DEVSERVER, volumes: { home: { size: 10, store: false } } },
    goal: 0.12,
  },
];

export const recreateFigures: Figure[] = LAYOUTS.map((layout) => ({
  name: layout.name,
  title: layout.title,
  minutes: 3,
  measure: ({ say }) => inWorld({ latencies: "realistic" }, (world) => compare(world, layout, say)),
}));

async function compare(world: World, { key, machine, goal }: Layout, say: (text: string) => void): Promise<Measured> {
  world.configure({ [MACHINE]: machine });
  say("making the machine");
  await world.stack.up();
  say("recreating it with overlap");
  const overlap = await recreate(world, { ...machine, recreate: 1, strategy: "overlap" }, "overlap");
  say("recreating it with delete-first");
  const deleteFirst = await recreate(world, { ...machine, recreate: 2, strategy: "delete-first" }, "delete-first");
  if (world.cloud.journal.violations().length > 0)
    throw new Error("a volume was taken from a machine that used it: these times count for nothing");
  return {
    values: [
      { key, value: overlap.seconds / deleteFirst.seconds, unit: "ratio", goal },
      { key: `${key}Overlap`, value: overlap.seconds, unit: "s" },
      { key: `${key}DeleteFirst`, value: deleteFirst.seconds, unit: "s" },
      { key: `${key}Requests`, value: overlap.requests, unit: "requests" },
    ],
    parts: [...overlap.parts, ...deleteFirst.parts],
    notes: ["virtual time, latencies of the `realistic` profile; both in one cloud, one after the other"],
  };
}

export interface Recreated {
  /** How long nothing was served, virtual. */
  seconds: number;
  /** Of the API. */
  requests: number;
  parts: Part[];
}

/** Brings the machine to these settings, which must ask for a new server, and looks at what that took. */
export async function recreate(world: World, machine: MachineSettings, of: string): Promise<Recreated> {
  const { cloud, events } = world;
  world.configure({ [MACHINE]: machine });
  const [mark, from] = [events.mark(), cloud.clock.now()];
  await world.stack.up();
  const to = cloud.clock.now();
  const unserved = (begin: number, end: number): number => cloud.unserved(MACHINE, begin, end);
  return {
    seconds: unserved(from, to) / 1000,
    requests: events.requestsSince(mark).length,
    parts: outageParts(of, unserved, milestones(cloud, from, to), from, to),
  };
}
