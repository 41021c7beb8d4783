import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { CHECKOUT } from "../../toolchain/checkout";
import { anchors, type Diagram, diagramsIn, linksIn, numbersIn, pages, textOf } from "./markdown";

/** What there is of Mermaid's sequence diagrams in these pages. */
const STATEMENTS = /^(sequenceDiagram| {2}(autonumber|participant \w+ as .+|Note over \w+(,\w+)?: .+|\w+->>\w+: .+))$/;

const steps = ({ lines }: Diagram): string[] => lines.filter((line) => line.includes("->>"));

test("every link between pages leads to a page that is there, and to a heading of it", () => {
  const broken = pages().flatMap((page) =>
    linksIn(textOf(page))
      .filter((link) => {
        const [path = "", anchor] = link.split("#");
        const to = path === "" ? page : join(dirname(page), path);
        if (!existsSync(join(CHECKOUT, to))) return true;
        return anchor !== undefined && to.endsWith(".md") && !anchors(textOf(to)).has(anchor);
      })
      .map((link) => `${page}: ${link}`),
  );

  expect(broken).toEqual([]);
});

const lifeCycle = ["docs/life-cycle.md", "docs/life-cycle/volumes.md"];

test.each(lifeCycle)("the diagrams of %s are ones that Mermaid draws", (page) => {
  const diagrams = diagramsIn(textOf(page));

  expect(diagrams.length).toBeGreaterThan(5);
  // It ends a statement at a semicolon, also in the middle of a sentence.
  const wrong = diagrams.flatMap(({ lines }) => lines.filter((line) => !STATEMENTS.test(line) || /[;#]/.test(line)));
  expect(wrong).toEqual([]);
  const strangers = diagrams.flatMap(({ lines }) => {
    const declared = lines.flatMap((line) => /participant (\w+) as/.exec(line)?.[1] ?? []);
    return lines.flatMap((line) => /^ {2}(\w+)->>(\w+):/.exec(line)?.slice(1) ?? []).filter((name) => !declared.includes(name));
  });
  expect(strangers).toEqual([]);
});

test.each(lifeCycle)("%s says of every step of every operation what is the case when it ends there", (page) => {
  const untold = diagramsIn(textOf(page)).flatMap((diagram) => {
    const told = new Set(diagram.rows.flatMap(numbersIn));
    return steps(diagram).flatMap((step, n) => (told.has(n + 1) ? [] : [`${diagram.title}: ${(n + 1).toString()}. ${step.trim()}`]));
  });

  expect(untold).toEqual([]);
});
