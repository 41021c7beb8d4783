// Requests made up at random from Hetzner's OpenAPI document: no answer outside of its schemas, and none that begins with 5.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import execa from "execa";
import { startEmulator } from "../../emulator/src";
import { aimAt } from "../openapi/aim";
import { type Coverage, readDocument } from "../openapi/document";
import { falseAlarms } from "../openapi/falseAlarms";
import { seed } from "../openapi/seed";
import { type Context, type Findings, Skipped, type Suite } from "../suite";
import { lastLines } from "../tools/output";
import { pythonWith } from "../tools/python";

/** Not part of the project: the document carries no licence. */
const DOCUMENT = join(__dirname, "../../../shared/reference/hcloud.spec.json");
const REQUIREMENTS = join(__dirname, "../openapi/requirements.txt");
const TOKEN = "s".repeat(64);
const CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"];

/** Made up for each operation, beside those that go through each constraint of its schema: so many that it ends in some minutes. */
const EXAMPLES = 5;
/** Of what it prints of failures: the first are enough to begin with. */
const MOST_LINES = 60;
/** Only to end in words what would hang. */
const LONGEST_MS = 1_800_000;

export const schemathesis: Suite = {
  name: "schemathesis",
  what: "no answer is outside of Hetzner's OpenAPI document, and none is a 5xx",
  run,
};

interface Failure {
  operations: string[];
  title: string;
}

interface Report {
  operations: { tested: number };
  test_cases: { generated: number };
  failures: Failure[];
  errors: unknown[];
  /** What it printed of failures, with the requests to try again. */
  told: string;
}

async function run(context: Context): Promise<Findings> {
  const file = context.env["HCLOUD_OPENAPI"] ?? DOCUMENT;
  if (!existsSync(file)) {
    throw new Skipped("Hetzner's OpenAPI document is not at hand (save https://docs.hetzner.cloud/cloud.spec.json, HCLOUD_OPENAPI=FILE)");
  }
  const python = await pythonWith(REQUIREMENTS, context);
  const { covered, uncovered } = readDocument(file);
  // Deletes come last and to themselves, or there would be nothing left to ask for.
  const reports = [
    await fuzz(python, readDocument(file), (method) => method !== "delete", context),
    await fuzz(python, readDocument(file), (method) => method === "delete", context),
  ];
  const failures = reports.flatMap(({ failures: found, errors }) => [
    ...found.flatMap(inWords),
    ...errors.map((error) => JSON.stringify(error)),
  ]);
  const isFalse = (failure: string): boolean => falseAlarms.some(({ failure: known }) => known === failure);
  const alarms = falseAlarms.filter(({ failure }) => failures.includes(failure));
  const problems = failures.filter((failure) => !isFalse(failure));
  return {
    versions: `schemathesis 4.32.5 (PyPI), seed ${context.seed}`,
    facts: [
      `${covered.length} of ${covered.length + uncovered.length} operations are covered`,
      `${sum(reports.map(({ test_cases }) => test_cases.generated))} requests to ${sum(reports.map(({ operations }) => operations.tested))} operations`,
      ...(uncovered.length > 0 ? [`not covered: ${uncovered.join(", ")}`] : []),
      ...alarms.map(({ failure, reason }) => `false alarm: ${failure}: ${reason}`),
    ],
    problems: problems.length === 0 ? [] : [...problems, ...reports.map(({ told }) => told)],
  };
}

async function fuzz(python: string, { document }: Coverage, wanted: (method: string) => boolean, context: Context): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), "conformance-openapi-"));
  const cloud = await startEmulator({ machines: false });
  try {
    aimAt(document, await seed(cloud.url, TOKEN));
    for (const operations of Object.values(document.paths)) {
      for (const method of Object.keys(operations)) if (method !== "parameters" && !wanted(method)) operations[method] = undefined;
    }
    const report = join(folder, "report.json");
    writeFileSync(join(folder, "openapi.json"), JSON.stringify(document));
    context.detail("making up requests");
    const { stdout, stderr } = await execa(
      python,
      [
        ...["-m", "schemathesis.cli", "run", "openapi.json", "--url", cloud.url, "--header", `Authorization: Bearer ${TOKEN}`],
        ...["--checks", CHECKS.join(","), "--phases", "examples,coverage,fuzzing", "--max-examples", String(EXAMPLES)],
        ...["--seed", String(context.seed), "--generation-database", "none", "--no-shrink", "--continue-on-failure"],
        ...["--suppress-health-check", "all", "--report", "json", "--report-json-path", report, "--no-color"],
      ],
      { cwd: folder, env: context.env, extendEnv: false, timeout: LONGEST_MS, reject: false },
    );
    if (!existsSync(report)) throw new Error(`schemathesis wrote no report: ${lastLines(`${stdout}\n${stderr}`, 20)}`);
    return { ...(JSON.parse(readFileSync(report, "utf8")) as Report), told: failuresIn(stdout) };
  } finally {
    await cloud.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One for each operation, e.g. `Server error: GET /servers`. */
function inWords({ title, operations }: Failure): string[] {
  return operations.map((operation) => `${title}: ${operation}`);
}

function failuresIn(printed: string): string {
  const [, failures = ""] = /^=+ FAILURES =+$([^]*?)^=+ (?:WARNINGS|SUMMARY) =+$/m.exec(printed) ?? [];
  return failures.trim().split("\n").slice(0, MOST_LINES).join("\n");
}

const sum = (numbers: number[]): number => numbers.reduce((total, each) => total + each, 0);
