import type { Clock } from "./clock";

/** Real milliseconds without anything new after which automatic time jumps ahead. */
const QUIET_MS = 60;

interface Wait {
  due: number;
  resolve: () => void;
}

/**
 * How fast virtual time runs: `N` times as fast as real time, or `"auto"`: it stands still while real work goes on, and else jumps to
 * the next moment at which something is due.
 */
export type TimeScale = number | "auto";

/**
 * The emulator's time.
 *
 * @example
 * ```ts
 * const clock = new VirtualClock("auto");
 * await clock.wait(120_000); // two minutes that pass in a blink
 * ```
 */
export class VirtualClock implements Clock {
  private readonly startedAt = performance.now();
  /** Ordered by due time. */
  private readonly waits: Wait[] = [];
  private readonly holds = new Set<symbol>();
  private automaticNow = 0;
  private busyCount = 0;
  private quietSince = 0;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly scale: TimeScale = "auto") {
    if (scale !== "auto" && !(scale > 0)) {
      throw new RangeError(`timeScale must be "auto" or a number above 0, but is ${scale}`);
    }
  }

  now(): number {
    return this.scale === "auto" ? this.automaticNow : (performance.now() - this.startedAt) * this.scale;
  }

  wait(ms: number): Promise<void> {
    if (!(ms > 0)) return Promise.resolve();
    return new Promise((resolve) => {
      const due = this.now() + ms;
      const at = this.waits.findIndex((other) => other.due > due);
      this.waits.splice(at === -1 ? this.waits.length : at, 0, { due, resolve });
      this.touch();
    });
  }

  async busy<T>(work: () => Promise<T>): Promise<T> {
    this.busyCount++;
    this.touch();
    try {
      return await work();
    } finally {
      this.busyCount--;
      this.touch();
    }
  }

  /** Something new began: automatic time stands still for a moment, so that what follows from it can begin too. */
  touch(): void {
    this.quietSince = performance.now();
    this.schedule();
  }

  /**
   * Automatic time stands still until the returned function is called, at most `maxRealMs`. For an end that somebody polls for: without
   * it, how far time jumps between two polls would depend on how often they ask.
   */
  hold(maxRealMs: number): () => void {
    const hold = Symbol("hold");
    this.holds.add(hold);
    const release = (): void => {
      clearTimeout(limit);
      if (this.holds.delete(hold)) this.touch();
    };
    const limit = setTimeout(release, maxRealMs);
    limit.unref();
    return release;
  }

  /** Nothing waits any longer, and nothing that waits now ever goes on. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.waits.length = 0;
  }

  private schedule(): void {
    clearTimeout(this.timer);
    const next = this.waits[0];
    if (this.closed || !next) return;
    if (this.scale === "auto" && (this.busyCount > 0 || this.holds.size > 0)) return;
    const realMs =
      this.scale === "auto"
        ? Math.max(0, QUIET_MS - (performance.now() - this.quietSince))
        : Math.max(0, (next.due - this.now()) / this.scale);
    // A timer of Node's holds 24.8 days at most; a longer one would fire at once.
    this.timer = setTimeout(() => this.advance(), Math.min(realMs, 2 ** 31 - 1));
  }

  private advance(): void {
    const first = this.waits[0];
    if (!first) return;
    if (this.scale === "auto") {
      this.automaticNow = first.due;
      this.quietSince = performance.now();
    }
    while (this.waits[0] && this.waits[0].due <= this.now()) this.waits.shift()?.resolve();
    this.schedule();
  }
}
