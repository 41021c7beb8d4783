// The README's code blocks, and what they need to run.
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Block {
  language: string;
  code: string;
  /** Line of the README on which it begins. */
  line: number;
  /** It is something that goes on beside what follows. */
  untilTheEnd: boolean;
  /** Programs and the like, e.g. `curl`, `python:hcloud`. */
  needs: string[];
}

const FENCE = /^(?<fence>`{3,})(?<language>\w*)\n(?<code>[\s\S]*?)^\k<fence>$/gm;
const MARK = /<!-- (?<mark>.*) -->\s*$/;

export function readmeBlocks(): Block[] {
  const text = readFileSync(join(__dirname, "../../../README.md"), "utf8");
  return [...text.matchAll(FENCE)].map((match) => {
    const before = text.slice(0, match.index);
    const mark = MARK.exec(before)?.groups?.["mark"] ?? "";
    return {
      language: match.groups?.["language"] ?? "",
      code: match.groups?.["code"] ?? "",
      line: before.split("\n").length,
      untilTheEnd: mark === "runs until the end",
      needs: mark.startsWith("needs ") ? mark.split(" ").slice(1) : [],
    };
  });
}

/** Every option of the table of options, e.g. `--port`. */
export function readmeOptions(): string[] {
  const text = readFileSync(join(__dirname, "../../../README.md"), "utf8");
  return [...text.matchAll(/^\| `(--[\w-]+)/gm)].map((match) => match[1] ?? "");
}
