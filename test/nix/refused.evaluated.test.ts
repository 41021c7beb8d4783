// What is wrong is refused, by a message of ours that says how to put it right.
import { describeEvaluated, evaluate } from "./support/evaluation";

jest.setTimeout(1_800_000);

const BATCH = 14;
const refused = (expression: string): unknown =>
  evaluate(`let refused = import (here + "/refused.nix") { inherit flake inputs lib; }; in ${expression}`);

describeEvaluated("a wrong setting", () => {
  const says = refused("refused.says") as Record<string, string>;
  const names = Object.keys(says);
  const messages: Record<string, string[]> = {};

  beforeAll(() => {
    for (let i = 0; i < names.length; i += BATCH) {
      const list = names
        .slice(i, i + BATCH)
        .map((name) => JSON.stringify(name))
        .join(" ");
      Object.assign(messages, refused(`lib.genAttrs [ ${list} ] (name: refused.messages.\${name})`));
    }
  });

  test("there are at least 15 of them", () => {
    expect(names.length).toBeGreaterThanOrEqual(15);
  });

  test("is what is refused, for without it nothing is", () => {
    expect(refused("refused.control")).toEqual([]);
  });

  test.each(names)("%s", (name) => {
    expect(messages[name]?.join("\n")).toContain(says[name]);
  });
});
