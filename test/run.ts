// `npm test`: gets the toolchain, then type check, lint, format check and every test. Prints one plain line of counts at the end, since
// not every CI knows jest's own summary.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { ensureToolchain } from "../toolchain";

interface JestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  numRuntimeErrorTestSuites: number;
  testResults: { name: string; message: string; assertionResults: { fullName: string; status: string; failureMessages: string[] }[] }[];
}

const CHECKS: [name: string, command: string[]][] = [
  ["type check", ["tsc"]],
  ["lint", ["eslint", "."]],
  ["format check", ["prettier", "--check", "--log-level", "warn", "."]],
];

async function main(): Promise<void> {
  const toolchain = await ensureToolchain();
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const failed: string[] = [];

  for (const [name, command] of CHECKS) {
    const began = Date.now();
    const ok = run(command) === 0;
    counts[ok ? "passed" : "failed"] += 1;
    if (!ok) failed.push(name);
    console.log(`${name}: ${ok ? "passed" : "FAILED"} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  }

  const folder = mkdtempSync(join(tmpdir(), "nixos-vps-test-"));
  try {
    const reportFile = join(folder, "jest.json");
    const status = run(["jest", "--json", `--outputFile=${reportFile}`, ...process.argv.slice(2)], toolchain.env);
    const report = JSON.parse(readFileSync(reportFile, "utf8")) as JestReport;
    counts.passed += report.numPassedTests;
    counts.skipped += report.numPendingTests + report.numTodoTests;
    counts.failed += report.numFailedTests + report.numRuntimeErrorTestSuites;
    // A leaked handle or a crash of the runner itself is a failure that no test carries.
    if (status !== 0 && report.numFailedTests + report.numRuntimeErrorTestSuites === 0) counts.failed += 1;
    if (status !== 0) failed.push("jest");
    tellFailures(report);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }

  if (failed.length > 0) console.log(`\nFailed: ${failed.join(", ")}`);
  console.log(`\n${String(counts.passed)} passed, ${String(counts.failed)} failed, ${String(counts.skipped)} skipped`);
  process.exitCode = counts.failed > 0 ? 1 : 0;
}

/** Once more at the end, where a CI that keeps only the last lines still has them. */
function tellFailures({ testResults }: JestReport): void {
  for (const { name, message, assertionResults } of testResults) {
    const failures = assertionResults.filter(({ status }) => status === "failed");
    for (const { fullName, failureMessages } of failures)
      console.log(`\nFAILED ${relative(".", name)}: ${fullName}\n${start(failureMessages.join("\n"))}`);
    if (failures.length === 0 && assertionResults.length === 0 && message !== "")
      console.log(`\nFAILED ${relative(".", name)}\n${start(message)}`);
  }
}

function start(text: string): string {
  return stripVTControlCharacters(text).split("\n").slice(0, 30).join("\n");
}

function run([command = "", ...args]: string[], env: Record<string, string> = {}): number {
  // jest writes its report to the file, and `--json` would print it a second time on stdout.
  const quiet = command === "jest";
  const { status } = spawnSync(join("node_modules", ".bin", command), args, {
    stdio: ["ignore", quiet ? "ignore" : "inherit", "inherit"],
    env: { ...process.env, ...env },
  });
  return status ?? 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  console.log("0 passed, 1 failed");
  process.exitCode = 1;
});
