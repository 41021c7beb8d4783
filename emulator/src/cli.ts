// The command line: starts an emulator, prints where it is, and ends it when asked to.
import { Command, InvalidArgumentError } from "commander";
import { startEmulator } from ".";
import { profiles, type Profile } from "./latencies";
import { History } from "./model/history";
import type { TimeScale } from "./virtualClock";

interface Flags {
  port: number;
  host: string;
  allowHost: string[];
  latencies: Profile;
  timeScale: TimeScale;
  rateLimit?: number;
  apiDate?: string;
  state?: string;
  machines: boolean;
  evaluator?: string;
  json?: boolean;
}

const EXAMPLES = `
Examples:
  $ hcloud-emulator --port 8080                 any client, with HCLOUD_ENDPOINT=http://127.0.0.1:8080/v1
  $ hcloud-emulator --port 8080 --state cloud.json --latencies realistic --time-scale 20
  $ hcloud-emulator --no-machines --json        for scripts: one line of JSON, then silence

The page for people is at / of the same port. SIGINT or SIGTERM ends it.`;

const program = new Command("hcloud-emulator")
  .description("A stateful Hetzner Cloud on this computer: the API v1, and machines behind its servers. No token, no bill, no network.")
  .helpOption("--help", "show this")
  .optionsGroup("Where it answers:")
  .option("--port <number>", "0 takes a free one", port, 0)
  .option("--host <address>", "address to listen on; whoever reaches it may run commands on this computer", "127.0.0.1")
  .option("--allow-host <name>", "answer under this host name too (again for more)", (name, names: string[]) => [...names, name], [])
  .option("--json", "print one line of JSON when it answers, instead of words")
  .optionsGroup("What it is:")
  .option("--state <file>", "keep the cloud in this file: read at the start if it exists, written at every change")
  .option("--no-machines", "the API alone: nothing boots, nothing answers ssh; works on any system")
  .option("--evaluator <command>", "program that evaluates a flake for machines: run with FLAKE_DIR and ATTRIBUTE")
  .option("--rate-limit <requests>", "refuse more requests an hour than this", positive)
  .option("--api-date <date>", "serve the API as it was in this month, like 2026-02, or on this day", apiDate)
  .optionsGroup("Time:")
  .option("--latencies <profile>", `how long things take: ${Object.keys(profiles).join(" or ")}`, profile, "instant")
  .option(
    "--time-scale <factor>",
    "so many times as fast as real time, or auto: jumps to the next moment somebody waits for",
    timeScale,
    "auto",
  )
  .addHelpText("after", EXAMPLES)
  .action(run);

program.parseAsync().catch(complain);

async function run({ state, evaluator, allowHost, json, ...flags }: Flags): Promise<void> {
  const cloud = await startEmulator({ ...flags, stateFile: state, evaluator: evaluator?.split(" "), allowedHosts: allowHost });
  const sshConfig = "sshConfig" in cloud ? cloud.sshConfig : undefined;
  const { url, pageUrl, adminUrl } = cloud;
  if (json) process.stdout.write(`${JSON.stringify({ url, pageUrl, adminUrl, sshConfig, pid: process.pid })}\n`);
  // The address alone on the first line, so that a script can read it.
  else process.stdout.write(`${url}\n${sshConfig === undefined ? "" : `ssh -F ${sshConfig} root@ADDRESS\n`}page: ${pageUrl}\n`);
  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      // Listeners and timers are gone afterwards, so that the process ends by itself.
      cloud.stop().catch(complain);
    });
  }
}

function complain(error: unknown): void {
  process.stderr.write(`hcloud-emulator: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

function port(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0 || number > 65_535) throw new InvalidArgumentError("must be 0 to 65535.");
  return number;
}

function positive(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError("must be a number above 0.");
  return number;
}

function apiDate(text: string): string {
  try {
    new History(text);
  } catch {
    throw new InvalidArgumentError("must be a month like 2026-02, or a day like 2026-02-17.");
  }
  return text;
}

function timeScale(text: string): TimeScale {
  return text === "auto" ? "auto" : positive(text);
}

function profile(text: string): Profile {
  if (!Object.hasOwn(profiles, text)) throw new InvalidArgumentError(`must be one of ${Object.keys(profiles).join(", ")}.`);
  return text as Profile;
}
