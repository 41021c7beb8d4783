import fc from "fast-check";
import { outageParts } from "../../bench/unserved";

/** Nothing is served within these spans. */
function outages(...spans: [from: number, to: number][]): (from: number, to: number) => number {
  return (from, to) => spans.reduce((sum, [begin, end]) => sum + Math.max(0, Math.min(end, to) - Math.max(begin, from)), 0);
}

test("an outage is cut at what ended in it, and what happened outside of it is no part", () => {
  const happened = [
    { at: 5_000, text: "boot image" },
    { at: 18_000, text: "power off" },
    { at: 22_000, text: "detached" },
    { at: 60_000, text: "boot nixos" },
    { at: 90_000, text: "deleted" },
  ];

  const parts = outageParts("overlap", outages([10_000, 60_000]), happened, 0, 100_000);

  expect(parts.map(({ name, value }) => [name, value])).toEqual([
    ["power off", 8],
    ["detached", 4],
    ["boot nixos", 38],
  ]);
});

test("what is too short to be told is told with what follows; what nothing ends is told as well", () => {
  const happened = [
    { at: 100, text: "a blink" },
    { at: 4_000, text: "attached" },
  ];

  const parts = outageParts("overlap", outages([0, 9_000]), happened, 0, 9_000);

  expect(parts.map(({ name, value }) => [name, value])).toEqual([
    ["attached", 4],
    ["until the end", 5],
  ]);
});

test("law: the parts add up to the whole", () => {
  const moment = fc.integer({ min: 0, max: 100_000 });
  const span = fc.tuple(moment, moment).map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]);
  fc.assert(
    fc.property(span, fc.array(moment), ([begin, end], moments) => {
      const happened = [...moments].sort((a, b) => a - b).map((at) => ({ at, text: at.toString() }));
      const parts = outageParts("x", outages([begin, end]), happened, 0, 100_000);
      const sum = parts.reduce((total, { value }) => total + value * 1000, 0);
      expect(sum).toBeCloseTo(end - begin, 3);
    }),
  );
});
