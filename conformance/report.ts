// The results as a person reads them.
import type { Result } from "./suite";

const WORDS = { passed: "passed", failed: "FAILED", skipped: "SKIPPED" } as const;

/**
 * One line a suite, what was found below it, and the counts last.
 *
 * @example
 * ```text
 * passed  python (14.2 s): Hetzner's Python client, unchanged
 *           hcloud 2.27.0 (PyPI)
 * SKIPPED terraform (0 s): ...
 *           there is no `terraform` on PATH
 * ```
 */
export function report(results: readonly Result[]): string {
  const lines = results.flatMap((result) => [
    `${WORDS[result.outcome].padEnd(7)} ${result.name} (${result.seconds} s): ${result.what}`,
    ...below(result).map((text) => text.replace(/^/gm, " ".repeat(10))),
  ]);
  const count = (outcome: Result["outcome"]) => results.filter((result) => result.outcome === outcome).length;
  return [...lines, "", `${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped`].join("\n");
}

function below(result: Result): string[] {
  if (result.outcome === "skipped") return [result.reason];
  return [...(result.versions === "" ? [] : [result.versions]), ...result.facts, ...result.problems.map((problem) => `! ${problem}`)];
}
