// Every module by itself, in a machine that has nothing else of this project.
import { describeEvaluated, evaluate } from "./support/evaluation";

jest.setTimeout(1_800_000);

// So many systems are evaluated in one process that its memory stays within a small computer's.
const BATCH = 6;

const alone = (expression: string): unknown =>
  evaluate(`let alone = import (here + "/alone.nix") { inherit flake inputs lib; }; in ${expression}`);

function inBatches(names: readonly string[], state: "off" | "on"): Record<string, string> {
  const result: Record<string, string> = {};
  for (let i = 0; i < names.length; i += BATCH) {
    const list = names
      .slice(i, i + BATCH)
      .map((name) => JSON.stringify(name))
      .join(" ");
    Object.assign(result, alone(`lib.genAttrs [ ${list} ] (name: alone.${state}.\${name})`));
  }
  return result;
}

describeEvaluated("each module alone", () => {
  const { exported, tested } = alone("alone.names") as { exported: string[]; tested: string[] };
  const nothing = alone("alone.nothing") as string;

  test("is in the matrix", () => {
    expect(tested).toEqual(exported);
  });

  test("changes nothing at all while it is off", () => {
    // The virtio drivers come from a profile of nixpkgs, which has no switch.
    const loud = ["hetzner-cloud"];
    const changed = Object.entries(inBatches(exported, "off")).flatMap(([name, system]) => (system === nothing ? [] : [name]));
    expect(changed).toEqual(loud);
  });

  test("evaluates to a system of its own when it is on", () => {
    const systems = inBatches(exported, "on");
    expect(Object.keys(systems).sort()).toEqual(exported);
    // health without a check, or firewall without a port, would be nothing: each must have made a difference.
    expect(Object.entries(systems).flatMap(([name, system]) => (system === nothing ? [name] : []))).toEqual([]);
  });
});
