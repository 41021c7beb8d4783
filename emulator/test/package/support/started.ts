import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** A program that runs until it is told to end; with everything it has started, it is a group of its own. */
export class Started {
  private out = "";
  private errors = "";
  private readonly child: ChildProcess;
  private readonly over: Promise<unknown[]>;

  constructor(command: string, args: string[], options: { cwd: string; env?: NodeJS.ProcessEnv }) {
    this.child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"], detached: true });
    this.over = once(this.child, "close");
    this.child.stdout?.on("data", (chunk: Buffer) => (this.out += chunk.toString()));
    this.child.stderr?.on("data", (chunk: Buffer) => (this.errors += chunk.toString()));
  }

  /** What it says first. @throws Error with its complaints when it ends without a word */
  async firstLine(): Promise<string> {
    while (!this.out.includes("\n")) {
      const ended = await Promise.race([once(this.child.stdout ?? this.child, "data").then(() => false), this.over.then(() => true)]);
      if (ended && !this.out.includes("\n")) throw new Error(`it ended without a word: ${this.errors}`);
    }
    return this.out.split("\n")[0] ?? "";
  }

  /** Asks all of it to end, and waits until that is so. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.child.exitCode === null && this.child.pid !== undefined) process.kill(-this.child.pid, signal);
    await this.over;
  }
}
