// Pages as they lie in the checkout, read as far as their tests look at them.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { CHECKOUT } from "../../toolchain/checkout";

const NO_PAGES = new Set(["node_modules", ".git", "dist", "coverage"]);

/** Every page of ours, relative to the checkout. */
export function pages(folder = CHECKOUT): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NO_PAGES.has(entry.name) || entry.name.startsWith(".") ? [] : pages(path);
    return entry.name.endsWith(".md") ? [relative(CHECKOUT, path)] : [];
  });
}

export const textOf = (page: string): string => readFileSync(join(CHECKOUT, page), "utf8");

/** Blocks of code are no text: what is in them is neither a link nor a heading. */
function withoutBlocks(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, "");
}

/** The anchors that GitHub makes of a page's headings. */
export function anchors(text: string): Set<string> {
  const slugs = [...withoutBlocks(text).matchAll(/^#+ +(.+)$/gm)].map(([, heading = ""]) => slug(heading));
  return new Set(
    slugs.map((one, n) =>
      slugs.indexOf(one) === n
        ? one
        : `${one}-${slugs
            .slice(0, n)
            .filter((s) => s === one)
            .length.toString()}`,
    ),
  );
}

function slug(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");
}

/** Links to other places of the checkout. */
export function linksIn(text: string): string[] {
  const prose = withoutBlocks(text).replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, "_"));
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, to = ""]) => (/^[a-z]+:/.test(to) ? [] : [to]));
}

/** A sequence diagram with the tables between it and the next heading. */
export interface Diagram {
  /** The heading above it. */
  title: string;
  lines: string[];
  /** First cells of the rows of all tables of its section. */
  rows: string[];
}

export function diagramsIn(text: string): Diagram[] {
  return text.split(/^(?=#+ )/m).flatMap((section) => {
    const rows = [...section.matchAll(/^\| +([^|]*?) +\|/gm)].map(([, cell = ""]) => cell);
    return [...section.matchAll(/^```mermaid\n([\s\S]*?)^```/gm)].map(([, block = ""]) => ({
      title: (section.split("\n")[0] ?? "").replace(/^#+ /, ""),
      lines: block.split("\n").filter((line) => line.trim() !== ""),
      rows,
    }));
  });
}

/** The numbers in a cell, e.g. `1, 3 to 5` is 1, 3, 4 and 5. */
export function numbersIn(cell: string): number[] {
  return [...cell.matchAll(/(\d+)(?: *(?:to|–) *(\d+))?/g)].flatMap(([, from = "", to = from]) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, n) => Number(from) + n),
  );
}
