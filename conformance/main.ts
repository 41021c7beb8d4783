// `npm run conformance [-- NAME...]`: what others wrote for Hetzner Cloud, run unchanged against the emulator.
import { Command, InvalidArgumentError } from "commander";
import { createProgress } from "../toolchain";
import { Cache } from "../toolchain/cache";
import { report } from "./report";
import { runSuites } from "./run";
import type { Suite } from "./suite";
import { suites } from "./suites";

interface Flags {
  json?: true;
  list?: true;
  seed: number;
  download: boolean;
}

/** Any number does; it is fixed so that two runs ask the same. */
const DEFAULT_SEED = 20_261_121;

const command = new Command("conformance")
  .description("Runs what others wrote for Hetzner Cloud, unchanged, against the emulator. Tools are got once, into the cache.")
  .argument("[name...]", `which suites: ${suites.map(({ name }) => name).join(", ")} (default: all)`)
  .option("--list", "say which suites there are, and run none")
  .option("--json", "print the results as JSON")
  .option("--seed <number>", "whatever is drawn at random is drawn from this", wholeNumber, DEFAULT_SEED)
  .option("--no-download", "use the tools that are in the cache and reach no registry; what lacks a tool is skipped")
  .action(async (names: string[], flags: Flags) => {
    if (flags.list) {
      console.log(suites.map(({ name, what }) => `${name.padEnd(14)} ${what}`).join("\n"));
      return;
    }
    const chosen = choose(names);
    const context = { cache: Cache.ofUser(process.env), env: process.env, seed: flags.seed, download: flags.download };
    const results = await runSuites(chosen, context, createProgress());
    console.log(flags.json ? JSON.stringify({ seed: flags.seed, results }, undefined, 2) : report(results));
    process.exitCode = results.some(({ outcome }) => outcome === "failed") ? 1 : 0;
  });

function choose(names: string[]): Suite[] {
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    command.error(`There is no suite ${unknown.join(", ")}. There are: ${suites.map(({ name }) => name).join(", ")}.`, { exitCode: 2 });
  }
  return suites.filter(({ name }) => names.length === 0 || names.includes(name));
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It must be a whole number of at most nine digits.");
  return Number(text);
}

command.parseAsync().catch((problem: unknown) => {
  console.error(problem);
  process.exitCode = 1;
});
