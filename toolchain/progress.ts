// Tells on stderr what is being done and for how long, so that stdout stays for results.
import { createColors } from "picocolors";

/** How often a line is repeated where it cannot be written over. */
const PLAIN_INTERVAL_MS = 30_000;
const TERMINAL_INTERVAL_MS = 250;

export interface Progress {
  /** Runs one phase of the work; `work` may say more about how far it is. */
  phase<T>(title: string, work: (detail: (text: string) => void) => Promise<T>): Promise<T>;
  /** A remark between two phases. */
  note(text: string): void;
}

/** Progress for people: one line that counts the time on a terminal, plain lines elsewhere. */
export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const { dim } = colorsFor(stream);
  return { phase: (title, work) => runPhase(stream, title, work), note: (text) => void stream.write(`${dim(text)}\n`) };
}

/** No progress at all, e.g. for tests. */
export const silent: Progress = {
  phase: (_title, work) => work(() => undefined),
  note: () => undefined,
};

async function runPhase<T>(stream: NodeJS.WriteStream, title: string, work: (detail: (text: string) => void) => Promise<T>): Promise<T> {
  const pc = colorsFor(stream);
  const started = Date.now();
  let detail = "";
  const say = (mark: string, more: string) => `${mark} ${title}${more === "" ? "" : ` (${more})`} ${elapsed(started)}`;
  const show = () => void stream.write(stream.isTTY ? `\r\u001b[K${fit(say("…", detail), stream.columns)}` : `${say("…", detail)}\n`);
  const finish = (mark: string) => stream.write(`${stream.isTTY ? "\r\u001b[K" : ""}${say(mark, "")}\n`);

  show();
  const timer = setInterval(show, stream.isTTY ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS);
  try {
    const result = await work((text) => (detail = text));
    finish(pc.green("✔"));
    return result;
  } catch (problem) {
    finish(pc.red("✖"));
    throw problem;
  } finally {
    clearInterval(timer);
  }
}

/** Colors on a terminal alone, and on none where NO_COLOR is set. */
function colorsFor(stream: NodeJS.WriteStream): ReturnType<typeof createColors> {
  return createColors(stream.isTTY && (process.env.NO_COLOR ?? "") === "");
}

/** Minutes and seconds since a point in time, e.g. `3:07`. */
export function elapsed(since: number, now = Date.now()): string {
  const seconds = Math.floor((now - since) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** A line that wraps cannot be written over. */
function fit(line: string, columns: number): string {
  return columns > 0 && line.length > columns ? line.slice(0, columns - 1) : line;
}
