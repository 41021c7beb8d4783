// Hetzner's Go client, unchanged, with nothing but an endpoint and a token of the emulator's.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import execa from "execa";
import { type Context, type Findings, Skipped, type Suite } from "../suite";
import { whyNoGo } from "../../toolchain/goBuild";
import { goEnvironment, goExecutable } from "../tools/go";
import { type Life, liveThrough } from "./clientLife";

const SOURCES = join(__dirname, "../go");
const CLIENT = "github.com/hetznercloud/hcloud-go/v2/hcloud";

/** Methods that are no part of Hetzner Cloud's API, or that ask for what the API has not had for long. */
const NOTHING_TO_CALL: readonly RegExp[] = [
  // Another service of Hetzner's, at another address: https://api.hetzner.com.
  /^StorageBox/,
  // `GET /actions` without ids was removed by Hetzner on 2025-01-30.
  /^ActionClient\.All$/,
];

export const go: Suite = { name: "go", what: "Hetzner's Go client lives through every resource", run };

async function run(context: Context): Promise<Findings> {
  // To read the coverage; the program itself may be in the cache without.
  const reason = await whyNoGo(context.env);
  if (reason !== undefined) throw new Skipped(`${reason}, so nobody can tell which methods were called`);
  const life = await goExecutable({
    ...context,
    sources: SOURCES,
    target: ".",
    executable: "life-of-go-client",
    // Which of the client's methods were called is known from its coverage, so that the client itself is left as it is.
    // Without the program's own package nothing is written at all.
    flags: ["-cover", `-coverpkg=.,${CLIENT}`],
  });
  const coverage = mkdtempSync(join(tmpdir(), "conformance-go-"));
  try {
    const lived = await liveThrough(life, [], { env: { ...context.env, GOCOVERDIR: coverage }, detail: context.detail });
    return { versions: "hcloud-go v2.53.0 (Go module)", ...withCoverage(lived, await methodsCalled(coverage, context.env)) };
  } finally {
    rmSync(coverage, { recursive: true, force: true });
  }
}

/** Every exported method of the client's `...Client` types, and whether it was called. */
async function methodsCalled(coverage: string, env: NodeJS.ProcessEnv): Promise<Map<string, boolean>> {
  const { stdout } = await execa("go", ["tool", "covdata", "func", "-i", coverage], {
    cwd: SOURCES,
    env: goEnvironment(env),
    extendEnv: false,
  });
  const called = new Map<string, boolean>();
  for (const line of stdout.split("\n")) {
    const [, receiver = "", method = "", share = ""] = /(\w+Client)(?:\[[^\]]*\])?\.([A-Z]\w*)\s+([\d.]+)%/.exec(line) ?? [];
    const name = `${receiver}.${method}`;
    if (method !== "" && !NOTHING_TO_CALL.some((each) => each.test(name))) called.set(name, Number(share) > 0);
  }
  return called;
}

function withCoverage(life: Life, called: Map<string, boolean>): Life {
  const uncalled = [...called].flatMap(([name, was]) => (was ? [] : [name]));
  return {
    facts: [...life.facts, `${called.size - uncalled.length} of ${called.size} methods of the client called`],
    problems: [
      ...life.problems,
      ...(called.size === 0 ? ["its coverage names no method at all"] : []),
      ...(uncalled.length > 0 ? [`never called: ${uncalled.join(", ")}`] : []),
    ],
  };
}
