import { driftIn } from "../../../steps/system/drift";
import { parseResults } from "../../../steps/ssh/remote";

const fate = { rolledBack: "going forward", unknown: "It is replaced now" };
const [ours, other] = ["/nix/store/a-nixos-system", "/nix/store/b-nixos-system"];
const drift = (...lines: string[]): string | undefined => driftIn(parseResults([`last ${ours}`, ...lines].join("\n")), fate);

test("a system that nobody here made is named, with the one that was made last and what becomes of it", () => {
  expect(drift(`active ${other}`, "activeGeneration 7", "lastGeneration 6")).toBe(
    `the machine runs a system that this program did not make (${other}; the last one made was ${ours}). It is replaced now`,
  );
});

test("an earlier generation is told as a rollback, by `vps rollback` with its time, else as one on the machine itself", () => {
  expect(drift(`active ${other}`, `rolledBack 5 0 ${other}`)).toMatch(
    /^the machine was rolled back to generation 5 by hand \(1970.*going forward$/,
  );
  expect(drift(`active ${other}`, "activeGeneration 5", "lastGeneration 6")).toMatch(/generation 5 on the machine itself .*going forward$/);
});

test.each([
  ["runs what was made last", `active ${ours}`],
  ["tries a switch that waits for its confirmation", `active ${other}`, "armed yes"],
  ["was started with a system that waits for its confirmation", `active ${other}`, `unconfirmed ${other}`],
])("there is nothing to say of a machine that %s", (_what, ...lines) => {
  expect(drift(...lines)).toBeUndefined();
});

test("nor of a machine on which nothing was made yet", () => {
  expect(driftIn(parseResults(`active ${other}`), fate)).toBeUndefined();
});
