// What a step says while it works: plain lines on stderr, because Pulumi shows them line by line and there is no terminal to draw on.
import { performance } from "node:perf_hooks";
import { StepError } from "./stepError";

/** Tells what a step does and waits for. Whatever it is told, secrets it knows of come out as `[secret]`. */
export interface Progress {
  /** A new phase begins, e.g. `partitioning the root disk`. */
  phase(text: string): void;
  /** Something worth a line within the phase. */
  say(text: string): void;
  /** Something that the operator should look at, though the step goes on. */
  warn(text: string): void;
  /** Output of a program that was started, line by line. Beyond a budget it goes to the log only. */
  relay(source: string, line: string): void;
  /** The step has failed: what is wrong, in what state things are, what to do next. Said once. */
  fail(error: unknown): void;
  /** The text with every secret taken out. */
  redact(text: string): string;
}

export interface ProgressOptions {
  /** Name at the start of each line: many machines are worked on at once. */
  machine: string;
  /** Values that must never be shown; each of their lines is looked for on its own. */
  secrets: readonly string[];
  /** Takes a line for the operator; stderr by default. */
  write?: (line: string) => void;
  /** Keeps every line, also those beyond the budget. */
  log?: { path: string; append: (line: string) => void };
  /**
   * Characters of relayed output that are shown. Pulumi hands all that a step printed to its next run in one environment variable, which
   * must stay below 128 KiB (pulumi-hetzner-facts.md §2.24).
   */
  relayBudget?: number;
}

const RELAY_BUDGET = 48 * 1024;
/** Lines of relayed output that are shown when a step fails after the budget was used up. */
const LAST_LINES = 15;

/** Progress on stderr, or wherever `write` puts it. */
export function createProgress({ machine, secrets, write = toStderr, log, relayBudget = RELAY_BUDGET }: ProgressOptions): Progress {
  const start = performance.now();
  const hidden = secretLines(secrets);
  const redact = (text: string): string => hidden.reduce((rest, secret) => rest.split(secret).join("[secret]"), text);
  let budget = relayBudget;
  let withheld: string[] = [];

  const lineOf = (text: string): string => `${machine} ${`${((performance.now() - start) / 1000).toFixed(1)}s`.padStart(7)} ${text}`;
  const put = (mark: string, text: string): void => {
    for (const [index, part] of redact(text).split("\n").entries()) {
      const line = lineOf(`${index === 0 ? mark : "  "}${part}`);
      log?.append(line);
      write(line);
    }
  };
  const relay = (source: string, text: string): void => {
    const line = lineOf(`  ${source}: ${redact(text)}`);
    log?.append(line);
    if (budget > 0) {
      budget -= line.length;
      write(line);
      if (budget <= 0) put("  ", `the rest of this output goes to ${log?.path ?? "nowhere"}; only its last lines are shown, if this fails`);
    } else withheld = [...withheld.slice(1 - LAST_LINES), line];
  };
  const fail = (error: unknown): void => {
    for (const line of withheld) write(line);
    withheld = [];
    put("error: ", error instanceof Error ? error.message : String(error));
    if (!(error instanceof StepError) && error instanceof Error && error.stack) log?.append(redact(error.stack));
  };
  return {
    phase: (text) => put("", text),
    say: (text) => put("  ", text),
    warn: (text) => put("warning: ", text),
    relay,
    fail,
    redact,
  };
}

function toStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Lines of at least 16 characters: a PEM's markers and short words would blank out honest text. */
function secretLines(secrets: readonly string[]): string[] {
  return secrets
    .flatMap((secret) => [secret, ...secret.split("\n")])
    .map((line) => line.trim())
    .filter((line) => line.length >= 16 && !line.startsWith("-----"))
    .sort((a, b) => b.length - a.length);
}
