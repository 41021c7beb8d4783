import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileName } from "./fileName";
import { stateFolder } from "./stateFolder";

/** A file with everything that the last run of a step on a machine said, also what was too much to show. */
export function openLog(stack: string, machine: string, step: string): { path: string; append: (line: string) => void } {
  const path = join(stateFolder(), "logs", `${fileName(stack, machine)}-${step}.log`);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, "", { mode: 0o600 });
  return { path, append: (line) => appendFileSync(path, `${line}\n`) };
}
