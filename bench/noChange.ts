// What `pulumi up` costs when there is nothing to do: against a program without resources, and for many machines against one.
import type { Stack } from "../local/stack";
import type { Figure, Part } from "./figure";
import { Records } from "./withoutMachines/stack";

const MANY = 50;

/** The least of so many runs is taken: everything else on this computer can only make a run longer. */
const ROUNDS = 5;

export const noChange: Figure = {
  name: "no-change",
  title: `up with nothing to do, 1 and ${MANY.toString()} machines`,
  minutes: 5,
  measure: async ({ say }) => {
    const records = await Records.open();
    try {
      const stacks = {
        empty: await records.empty("empty"),
        one: await records.machines("one", 1),
        many: await records.machines("many", MANY),
      };
      for (const [name, stack] of Object.entries(stacks)) {
        say(`making the stack "${name}"`);
        await stack.up();
      }
      const costs = await leastCosts(records, stacks, say);
      const parts: Part[] = Object.entries(costs).map(([name, { seconds }]) => ({ of: "seconds", name, value: seconds, unit: "s" }));
      return {
        values: [
          { key: "noChangeRatio", value: costs.one.seconds / costs.empty.seconds, unit: "ratio", goal: 1.3 },
          { key: "noChangeManyRatio", value: costs.many.seconds / costs.one.seconds, unit: "ratio", goal: 4.2 },
          { key: "noChangeRequests", value: costs.one.requests, unit: "requests", goal: 1 },
          // One page of the list holds 50 volumes.
          { key: "noChangeManyRequests", value: costs.many.requests, unit: "requests", goal: Math.ceil(MANY / 50) },
        ],
        parts,
        notes: [`real time, the least of ${ROUNDS.toString()} runs that took turns; machines are on record only (bench/withoutMachines)`],
      };
    } finally {
      await records.end();
    }
  },
};

interface Cost {
  /** Real time of the quickest run. */
  seconds: number;
  /** Of the API, in the run that made most. */
  requests: number;
}

/** The stacks take turns, so that a burden on this computer meets all of them. */
async function leastCosts<K extends string>(
  { cloud }: Records,
  stacks: Record<K, Stack>,
  say: (text: string) => void,
): Promise<Record<K, Cost>> {
  const names = Object.keys(stacks) as K[];
  const costs = Object.fromEntries(names.map((name) => [name, { seconds: Infinity, requests: 0 }])) as Record<K, Cost>;
  for (let round = 1; round <= ROUNDS; round++) {
    say(`round ${round.toString()} of ${ROUNDS.toString()}`);
    for (const name of names) {
      const [begin, first] = [performance.now(), cloud.journal.entries.length];
      await stacks[name].up("--expect-no-changes");
      const seconds = (performance.now() - begin) / 1000;
      const requests = cloud.journal.entries.slice(first).filter(({ kind }) => kind === "api").length;
      costs[name] = { seconds: Math.min(costs[name].seconds, seconds), requests: Math.max(costs[name].requests, requests) };
    }
  }
  return costs;
}
