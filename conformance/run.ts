// Runs suites one after the other, so that each has the whole computer.
import { ToolchainError } from "../toolchain";
import type { Progress } from "../toolchain";
import { type Context, type Result, Skipped, type Suite } from "./suite";

/** Runs every suite, whatever becomes of the others. A suite that throws has failed. */
export async function runSuites(suites: readonly Suite[], context: Omit<Context, "detail">, progress: Progress): Promise<Result[]> {
  const results: Result[] = [];
  for (const suite of suites) {
    results.push(await progress.phase(suite.name, (detail) => runSuite(suite, { ...context, detail })));
  }
  return results;
}

async function runSuite(suite: Suite, context: Context): Promise<Result> {
  const began = performance.now();
  const of = () => ({ name: suite.name, what: suite.what, seconds: Math.round((performance.now() - began) / 100) / 10 });
  try {
    const findings = await suite.run(context);
    return { ...of(), outcome: findings.problems.length === 0 ? "passed" : "failed", ...findings };
  } catch (problem) {
    if (problem instanceof Skipped) return { ...of(), outcome: "skipped", reason: problem.message };
    return { ...of(), outcome: "failed", versions: "", facts: [], problems: [inWords(problem)] };
  }
}

/** A stack trace helps with a bug of this program alone. */
function inWords(problem: unknown): string {
  if (problem instanceof ToolchainError) return problem.message;
  return problem instanceof Error ? (problem.stack ?? problem.message) : String(problem);
}
