// What a step says while it works: plain lines on stderr, because Pulumi shows them line by line and there is no terminal to draw on.
import { performance } from "node:perf_hooks";

/** Tells what a step does and waits for. Whatever it is told, secrets it knows of come out as `[secret]`. */
export interface Progress {
  /** A new phase begins, e.g. `partitioning the root disk`. */
  phase(text: string): void;
  /** Something worth a line within the phase. */
  say(text: string): void;
  /** Something that the operator should look at, though the step goes on. */
  warn(text: string): void;
  /** Output of a program that was started, line by line. */
  relay(source: string, line: string): void;
  /** The text with every secret taken out. */
  redact(text: string): string;
}

/**
 * Progress on stderr, or wherever `write` puts it.
 *
 * @param machine name at the start of each line: many machines are worked on at once
 * @param secrets values that must never be shown; each of their lines is looked for on its own
 */
export function createProgress(
  machine: string,
  secrets: readonly string[],
  write: (line: string) => void = (line) => process.stderr.write(`${line}\n`),
): Progress {
  const start = performance.now();
  const hidden = secretLines(secrets);
  const redact = (text: string): string => hidden.reduce((rest, secret) => rest.split(secret).join("[secret]"), text);
  const put = (mark: string, text: string): void => {
    const elapsed = `${((performance.now() - start) / 1000).toFixed(1)}s`.padStart(7);
    for (const line of redact(text).split("\n")) write(`${machine} ${elapsed} ${mark}${line}`);
  };
  return {
    phase: (text) => put("", text),
    say: (text) => put("  ", text),
    warn: (text) => put("warning: ", text),
    relay: (source, line) => put(`  ${source}: `, line),
    redact,
  };
}

/** Lines of at least 16 characters: a PEM's markers and short words would blank out honest text. */
function secretLines(secrets: readonly string[]): string[] {
  return secrets
    .flatMap((secret) => [secret, ...secret.split("\n")])
    .map((line) => line.trim())
    .filter((line) => line.length >= 16 && !line.startsWith("-----"))
    .sort((a, b) => b.length - a.length);
}
