// `npm start`: the whole life of one machine on this computer, with the real Pulumi engine and the real hcloud provider against the
// emulated cloud.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import pc from "picocolors";
import { ensureToolchain } from "../toolchain";
import { cloudEnvironment, startLocalCloud } from "./cloud";
import { Events } from "./events";
import { Operator } from "./operator";
import { Project } from "./project";
import { refuseWithoutPrograms } from "./programs";
import { Stack } from "./stack";
import { liveALife, settings } from "./story/life";
import { Report, StoryEnded } from "./story/report";

interface Options {
  keep?: boolean;
  json?: string;
  verbose?: boolean;
}

async function main(options: Options): Promise<boolean> {
  refuseWithoutPrograms();
  const toolchain = await ensureToolchain();
  const folder = mkdtempSync(join(tmpdir(), "nixos-vps-"));
  const cloud = await startLocalCloud({ latencies: "realistic", timeScale: "auto", stateDir: join(folder, "cloud") });
  const operator = new Operator(join(folder, "operator"));
  mkdirSync(join(folder, "project"));
  const project = new Project(join(folder, "project"));
  const events = new Events(cloud, join(folder, "steps.jsonl"));
  const stack = new Stack({
    name: "local",
    project,
    toolchain,
    environment: { ...cloudEnvironment(cloud), NIXOS_VPS_STEP_LOG: events.stepLog, XDG_STATE_HOME: join(folder, "state") },
    path: [cloud.operatorBin],
    ...(options.verbose && { onOutput: (text: string) => process.stderr.write(text) }),
  });
  const report = new Report(() => cloud.clock.now());
  console.log(`Pulumi from ${toolchain.origin.cli}, an emulated Hetzner Cloud at ${cloud.url}, no token needed.`);

  const cleanUp = async () => {
    await cloud.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("SIGINT", () => void cleanUp().finally(() => process.exit(130)));
  process.once("SIGTERM", () => void cleanUp().finally(() => process.exit(143)));

  try {
    project.configure(stack.name, settings(operator, 0));
    await stack.init();
    await liveALife({ cloud, stack, operator, events, report });
  } catch (error) {
    if (!(error instanceof StoryEnded)) throw error;
  } finally {
    console.log(`\n${report.table()}`);
    if (options.json) writeFileSync(options.json, `${JSON.stringify(report.data, null, 2)}\n`);
    if (options.keep) await keep(stack, folder);
    await cleanUp();
  }
  console.log(report.ok ? pc.green("\nEvery check passed.") : pc.red("\nSome checks failed."));
  return report.ok;
}

/** Holds everything up until Ctrl-C, and says how to go on by hand. */
async function keep(stack: Stack, folder: string): Promise<void> {
  const file = join(folder, "environment.sh");
  const lines = Object.entries(stack.environment).map(([key, value]) => `export ${key}='${value.replaceAll("'", "'\\''")}'`);
  writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  console.log(
    `\nCloud and stack are still up. In another terminal:\n\n  cd ${stack.project.folder}\n  . ${file}\n  pulumi stack output --stack ${stack.name}\n\nCtrl-C ends it and removes everything.`,
  );
  const timer = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => {
    process.removeAllListeners("SIGINT");
    process.once("SIGINT", () => resolve());
  });
  clearInterval(timer);
}

const program = new Command("npm start --")
  .description("Live the life of a NixOS machine on an emulated Hetzner Cloud, and check it at every phase.")
  .option("--keep", "leave the emulator and the stack up, and print how to go on by hand")
  .option("--json <file>", "write the phases, their times and the checks as data")
  .option("--verbose", "show what Pulumi prints");

program.action(async (options: Options) => {
  process.exitCode = (await main(options)) ? 0 : 1;
});
program.parseAsync().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
