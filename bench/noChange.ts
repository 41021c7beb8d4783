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
      const times = await leastSeconds(stacks, say);
      const requests = async (stack: Stack): Promise<number> => {
        const begin = records.cloud.journal.entries.length;
        await stack.up("--expect-no-changes");
        return records.cloud.journal.entries.slice(begin).filter(({ kind }) => kind === "api").length;
      };
      const parts: Part[] = Object.entries(times).map(([name, value]) => ({ of: "seconds", name, value, unit: "s" }));
      return {
        values: [
          { key: "noChangeRatio", value: times.one / times.empty, unit: "ratio", goal: 1.3 },
          { key: "noChangeManyRatio", value: times.many / times.one, unit: "ratio", goal: 4.2 },
          { key: "noChangeRequests", value: await requests(stacks.one), unit: "requests", goal: 1 },
          // One page of the list holds 50 volumes.
          { key: "noChangeManyRequests", value: await requests(stacks.many), unit: "requests", goal: Math.ceil(MANY / 50) },
        ],
        parts,
        notes: [`real time, the least of ${ROUNDS.toString()} runs that took turns; machines are on record only (bench/withoutMachines)`],
      };
    } finally {
      await records.end();
    }
  },
};

/** The stacks take turns, so that a burden on this computer meets all of them. */
async function leastSeconds<K extends string>(stacks: Record<K, Stack>, say: (text: string) => void): Promise<Record<K, number>> {
  const least = Object.fromEntries(Object.keys(stacks).map((name) => [name, Infinity])) as Record<K, number>;
  for (let round = 1; round <= ROUNDS; round++) {
    say(`round ${round.toString()} of ${ROUNDS.toString()}`);
    for (const name of Object.keys(stacks) as K[]) {
      const begin = performance.now();
      await stacks[name].up("--expect-no-changes");
      least[name] = Math.min(least[name], (performance.now() - begin) / 1000);
    }
  }
  return least;
}
