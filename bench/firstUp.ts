// A first `up` of many machines at once, against one.
import type { Figure, Part } from "./figure";
import { DEVSERVER, inWorld } from "./world";

export const firstUp: Figure = {
  name: "first-up",
  title: "a first up of many machines at once",
  minutes: 15,
  measure: async ({ machines, say }) => {
    const one = await secondsToServe(1, say);
    const many = await secondsToServe(machines, say);
    const parts: Part[] = [
      { of: "seconds at Hetzner", name: "1 machine", value: one, unit: "s" },
      { of: "seconds at Hetzner", name: `${machines.toString()} machines`, value: many, unit: "s" },
    ];
    return {
      values: [{ key: "firstUpManyRatio", value: many / one, unit: "ratio", goal: 1.5 }],
      parts,
      notes: [
        "virtual time, latencies of the `realistic` profile",
        "Virtual time goes on where this computer is not fast enough for so many machines at once: on few cores choose fewer by --machines.",
      ],
    };
  },
};

/** Virtual seconds until all of them are made and serve. */
function secondsToServe(count: number, say: (text: string) => void): Promise<number> {
  return inWorld({ latencies: "realistic" }, async (world) => {
    const { cloud, stack } = world;
    const names = Array.from({ length: count }, (_, n) => `machine${(n + 1).toString()}`);
    world.configure(Object.fromEntries(names.map((name) => [name, DEVSERVER])));
    say(`making ${count.toString()} at once`);
    const begin = cloud.clock.now();
    await stack.up();
    const unserved = names.filter((name) => !cloud.isServed(name));
    if (unserved.length > 0) throw new Error(`not served after the up: ${unserved.join(", ")}`);
    return (cloud.clock.now() - begin) / 1000;
  });
}
