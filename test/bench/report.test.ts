import { allGood, asJson, asText, type Outcome } from "../../bench/report";
import type { Measured } from "../../bench/figure";

const figure = { name: "recreate", title: "a recreate" };
const measured = (value: number): Measured => ({
  values: [{ key: "recreateUnservedRatio", value, unit: "ratio", goal: 0.4 }],
  parts: [{ of: "overlap", name: "power off", value: 8, unit: "s" }],
  notes: ["virtual time"],
});

test("a goal that is reached is good, one that is missed is not, and neither is what could not be measured", () => {
  const good: Outcome = { figure, measured: measured(0.4) };
  const missed: Outcome = { figure, measured: measured(0.401) };
  const failed: Outcome = { figure, error: "the cloud fell down" };

  expect(allGood([good])).toBe(true);
  expect(allGood([good, missed])).toBe(false);
  expect(allGood([good, failed])).toBe(false);
});

test("JSON has each value under its key, and where it comes from", () => {
  const json = asJson([{ figure, measured: measured(0.35421) }]);

  expect(json).toMatchObject({ recreateUnservedRatio: 0.354, ok: true, details: [{ name: "recreate", parts: [{ name: "power off" }] }] });
});

test("a person reads the number, the goal, and the parts; and why there is no number", () => {
  const missed = asText({ figure, measured: measured(0.5) });

  expect(missed).toMatch(/recreateUnservedRatio +0\.50.*MISSED, goal: at most 0\.4/);
  expect(missed).toMatch(/overlap:\n +8\.0 s {2}power off/);
  expect(asText({ figure, error: "the cloud fell down" })).toMatch(/could not be measured.*the cloud fell down/);
});
