// The Pulumi CLI as this person has it: the `pulumi` on PATH with its own login, and the toolchain's where there is none. It is the CLI and
// not the automation API, because loading that takes longer than a whole rollback may.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { CHECKOUT } from "../toolchain/checkout";
import { findExecutable } from "../toolchain/situation";
import { Busy, WrongUsage } from "./trouble";
import { StepError } from "../steps/stepError";

export interface PulumiAnswer {
  code: number;
  stdout: string;
  stderr: string;
}

/** What stands in the CLI's words when another operation has the stack. */
const LOCKED = /currently locked|\[409\]|another update is currently in progress|conflict: .*update/i;

export class Pulumi {
  private constructor(
    private readonly executable: string,
    private readonly env: NodeJS.ProcessEnv,
    /** The project's folder. */
    readonly folder: string,
    /** As given by `--stack`; undefined for the one that is selected. */
    private readonly stack: string | undefined,
  ) {}

  static async open(options: { cwd?: string; stack?: string }): Promise<Pulumi> {
    const folder = projectFolder(options.cwd);
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "1" };
    const own = findExecutable("pulumi", process.env);
    if (own !== undefined) return new Pulumi(own, env, folder, options.stack);
    const { ensureToolchain } = await import("../toolchain");
    const toolchain = await ensureToolchain();
    // Whoever is logged in is so in their own Pulumi home, and reading a state needs no plugin.
    const home = { PULUMI_HOME: process.env["PULUMI_HOME"] };
    return new Pulumi(toolchain.pulumi, { ...env, ...toolchain.env, ...home }, folder, options.stack);
  }

  /** Runs a command of the CLI that concerns the stack. One that fails is an answer, not an error. */
  async call(args: string[], input?: string): Promise<PulumiAnswer> {
    const stack = this.stack === undefined ? [] : ["--stack", this.stack];
    const child = spawn(this.executable, [...args, ...stack, "--non-interactive", "--color", "never"], { cwd: this.folder, env: this.env });
    // One that fails before it has read everything is judged by its words, not by the broken pipe.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input ?? "");
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    // Ended by a signal, it has no code and has failed too.
    return { code: child.exitCode ?? 1, stdout, stderr };
  }

  /**
   * The same for a command that must succeed.
   *
   * @throws {Busy} when another operation has the stack
   * @throws {StepError} with the CLI's own words otherwise
   */
  async run(args: string[], input?: string): Promise<string> {
    const answer = await this.call(args, input);
    if (answer.code === 0) return answer.stdout;
    throw this.problem(args, answer);
  }

  private problem(args: string[], { stdout, stderr }: PulumiAnswer): StepError {
    const words = ownWords(stderr || stdout);
    if (/no stack selected|no current stack|must (select|specify) a stack|please (use|select)/i.test(words)) {
      return new WrongUsage({ what: "No stack is selected.", next: "Name one by --stack, or run `pulumi stack select`." });
    }
    if (/no stack named|stack '.*' not found|unknown stack|could not find stack/i.test(words)) {
      return new WrongUsage({
        what: `There is no stack "${this.stack ?? ""}" in the project at ${this.folder}: ${words}.`,
        next: "`pulumi stack ls` lists the stacks there are.",
      });
    }
    if (LOCKED.test(words)) return stackIsBusy(words);
    return new StepError({
      what: `\`pulumi ${args.slice(0, 2).join(" ")}\` failed in ${this.folder}: ${words}`,
      state: "No machine was touched by this.",
      next: "Mend what Pulumi says, then run the same command again.",
    });
  }
}

/** Another operation has the stack. */
export function stackIsBusy(words: string): Busy {
  return new Busy({
    what: `Another Pulumi operation works on this stack. Pulumi says: ${words}`,
    state: "Nothing was touched.",
    next: "Wait for it to end. If it was killed and does not run any more, `pulumi cancel` lifts its lock; then run the same command again.",
  });
}

/**
 * The folder of the project: the one given, else the nearest one upwards with a Pulumi.yaml, else the checkout that this file is in.
 *
 * @throws {WrongUsage} when the one given has no Pulumi.yaml
 */
export function projectFolder(given: string | undefined): string {
  // `npm run` goes to the package's folder first; a path that a person typed starts from where they were.
  const typedIn = process.env["npm_lifecycle_event"] === "vps" ? (process.env["INIT_CWD"] ?? "") : "";
  const from = given === undefined ? process.cwd() : resolve(typedIn, given);
  if (given !== undefined) {
    if (existsSync(join(from, "Pulumi.yaml"))) return from;
    throw new WrongUsage({ what: `There is no Pulumi.yaml in ${from}.`, next: "Give the project's folder by --cwd." });
  }
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "Pulumi.yaml"))) return folder;
    if (folder === dirname(folder)) return CHECKOUT;
  }
}

function ownWords(output: string): string {
  const lines = output.split("\n").map((line) => line.replace(/^error: /, "").trim());
  return lines.filter((line) => line !== "" && !line.startsWith("warning:")).join(" ");
}
