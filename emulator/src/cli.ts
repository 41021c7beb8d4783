// The command line: starts an emulator, prints where it is, and ends it when asked to.
import { Command, InvalidArgumentError } from "commander";
import { startEmulator } from ".";
import { profiles, type Profile } from "./latencies";
import type { TimeScale } from "./virtualClock";

interface Flags {
  port: number;
  latencies: Profile;
  timeScale: TimeScale;
  rateLimit?: number;
  state?: string;
  machines: boolean;
  evaluator?: string;
}

const program = new Command("hcloud-emulator")
  .description("A stateful Hetzner Cloud on this computer")
  .option("--port <number>", "port on the loopback interface; 0 takes a free one", port, 0)
  .option("--state <file>", "keep the state in this file: read at the start if it exists, written at every change")
  .option("--latencies <profile>", `how long things take: ${Object.keys(profiles).join(" or ")}`, profile, "instant")
  .option("--time-scale <factor>", "how fast time runs, or auto: it jumps to the next moment at which something is due", timeScale, "auto")
  .option("--no-machines", "the API alone: nothing boots, nothing answers ssh")
  .option("--evaluator <command>", "program that evaluates a flake for machines: run with FLAKE_DIR and ATTRIBUTE")
  .option("--rate-limit <requests>", "refuse more requests an hour than this", positive)
  .action(run);

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`hcloud-emulator: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

async function run(flags: Flags): Promise<void> {
  const cloud = await startEmulator({ ...flags, stateFile: flags.state, evaluator: flags.evaluator?.split(" ") });
  // The address alone on the first line, so that a script can read it.
  process.stdout.write(`${cloud.url}\n`);
  if ("sshConfig" in cloud) process.stdout.write(`ssh -F ${cloud.sshConfig} root@ADDRESS\n`);
  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      // Listeners and timers are gone afterwards, so that the process ends by itself.
      void cloud.stop();
    });
  }
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

function timeScale(text: string): TimeScale {
  return text === "auto" ? "auto" : positive(text);
}

function profile(text: string): Profile {
  if (!Object.hasOwn(profiles, text)) throw new InvalidArgumentError(`must be one of ${Object.keys(profiles).join(", ")}.`);
  return text as Profile;
}
