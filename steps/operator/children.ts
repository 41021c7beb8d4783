// Programs that a step starts. Each gets a process group of its own, so that ending it ends everything it started too, and is made known
// to the machine's lock, so that a later step can end what a killed one left behind.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type ProcessIdentity, identityOf, signalGroup } from "./processes";

export interface RunOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  stdin?: string | Buffer;
  /** Milliseconds after which the whole group is ended. No limit is not offered: everything that is started may hang. */
  limitMs: number;
  /** Called for every whole line of stderr, and of stdout too with `lines: "both"`. */
  onLine?: (line: string) => void;
  lines?: "stderr" | "both";
}

export interface RunResult {
  /** Exit code; null when it was ended by a signal. */
  code: number | null;
  stdout: Buffer;
  stderr: string;
  timedOut: boolean;
}

/** How long a program may take to end after it was asked to, in milliseconds. */
const GRACE_MS = 3_000;

export class Children {
  private readonly running = new Map<ChildProcess, ProcessIdentity>();
  private ended = false;

  /** @param onChange is told of all groups that run whenever one starts or ends */
  constructor(private readonly onChange: (running: ProcessIdentity[]) => void = () => undefined) {}

  /**
   * Runs a program to its end. A program that fails is a result, not an error.
   *
   * @throws Error when it cannot be started at all, or when the step is being ended
   */
  async run(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
    if (this.ended) throw new Error("the step is being ended");
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? childEnvironment(),
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    this.register(child);
    let timedOut = false;
    const limit = setTimeout(() => {
      timedOut = true;
      void endGroup(child);
    }, options.limitMs);

    // A program that ends without reading all of its stdin is judged by its exit code, not by the broken pipe.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.stdin ?? "");
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    const outLines = lineSplitter(options.lines === "both" ? options.onLine : undefined);
    const errLines = lineSplitter(options.onLine);
    child.stdout.on("data", (chunk: Buffer) => {
      out.push(chunk);
      outLines.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      err.push(chunk);
      errLines.push(chunk);
    });
    try {
      const [code] = (await once(child, "close")) as [number | null];
      outLines.end();
      errLines.end();
      return { code, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString("utf8"), timedOut };
    } finally {
      clearTimeout(limit);
      this.running.delete(child);
      this.onChange([...this.running.values()]);
    }
  }

  /** Ends everything that still runs, and lets nothing new begin. */
  async endAll(): Promise<void> {
    this.ended = true;
    await Promise.all([...this.running.keys()].map((child) => endGroup(child)));
  }

  private register(child: ChildProcess): void {
    const identity = child.pid === undefined ? undefined : identityOf(child.pid);
    if (!identity) return;
    this.running.set(child, identity);
    this.onChange([...this.running.values()]);
  }
}

/** The operator's environment without what no child has a use for: a token that is not there cannot leak. */
export function childEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(HCLOUD_TOKEN|PULUMI_.*|STEP_INPUT)$/.test(name));
  return { ...Object.fromEntries(kept), ...extra };
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const over = once(child, "close");
  signalGroup(child.pid, "SIGTERM");
  const kill = setTimeout(() => child.pid !== undefined && signalGroup(child.pid, "SIGKILL"), GRACE_MS);
  await over.finally(() => clearTimeout(kill));
}

function lineSplitter(onLine: ((line: string) => void) | undefined): { push: (chunk: Buffer) => void; end: () => void } {
  let rest = "";
  return {
    push: (chunk) => {
      if (!onLine) return;
      const lines = (rest + chunk.toString("utf8")).split(/\r?\n/);
      rest = lines.pop() ?? "";
      lines.filter(Boolean).forEach(onLine);
    },
    end: () => {
      if (onLine && rest) onLine(rest);
      rest = "";
    },
  };
}
