// Speaks with the emulator's own process.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export type Question = "heap" | "stop";
export type Answer = { url: string } | { heapBytes: number };

export class EmulatorProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** @throws Error when it ends before it answers */
  static async start(): Promise<EmulatorProcess> {
    const child = fork(join(__dirname, "served.ts"), {
      execArgv: ["--expose-gc", "--import", "tsx"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const { url } = (await next(child)) as { url: string };
    return new EmulatorProcess(child, url);
  }

  /** What it holds after a garbage collection. */
  async heapBytes(): Promise<number> {
    this.child.send("heap" satisfies Question);
    return ((await next(this.child)) as { heapBytes: number }).heapBytes;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const gone = once(this.child, "exit");
    this.child.send("stop" satisfies Question);
    await gone;
  }
}

async function next(child: ChildProcess): Promise<Answer> {
  const ended = new AbortController();
  const gone = once(child, "exit", { signal: ended.signal }).then(() => {
    throw new Error("the emulator ended by itself");
  });
  try {
    const [message] = (await Promise.race([once(child, "message", { signal: ended.signal }), gone])) as [Answer];
    return message;
  } finally {
    gone.catch(() => undefined);
    ended.abort();
  }
}
