import type { Clock, WaitOptions } from "./clock";

/** Real milliseconds without anything new after which automatic time jumps to what somebody waits for. */
const QUIET_MS = 60;
/** The same for what nobody waits for, such as a timer that was armed in case something goes wrong. */
const BACKGROUND_QUIET_MS = 10_000;
/** The longest timer that Node knows; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Wait {
  due: number;
  background: boolean;
  resolve: () => void;
}

/**
 * How fast virtual time runs: `N` times as fast as real time, or `"auto"`: it stands still while real work goes on, and else jumps to
 * the next moment for which somebody waits.
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
  /** Virtual time that did not pass by itself: all of it in automatic mode, what `advance` added otherwise. */
  private leapt = 0;
  private busyCount = 0;
  private lastNew = 0;
  private lastSeen = 0;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  /** @throws RangeError when the scale is not above 0 */
  constructor(
    /** How fast it runs. */
    readonly pace: TimeScale = "auto",
  ) {
    if (pace !== "auto" && !(pace > 0)) {
      throw new RangeError(`timeScale must be "auto" or a number above 0, but is ${pace}`);
    }
  }

  now(): number {
    return this.pace === "auto" ? this.leapt : this.leapt + (performance.now() - this.startedAt) * this.pace;
  }

  wait(ms: number, { signal, background = false }: WaitOptions = {}): Promise<void> {
    if (!(ms > 0) || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wait: Wait = { due: this.now() + ms, background, resolve };
      const at = this.waits.findIndex((other) => other.due > wait.due);
      this.waits.splice(at === -1 ? this.waits.length : at, 0, wait);
      signal?.addEventListener("abort", () => this.callOff(wait), { once: true });
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
    this.lastNew = performance.now();
    this.seen();
  }

  /** Somebody is there, if only asking whether something is over yet: what nobody waits for stays where it is. */
  seen(): void {
    this.lastSeen = performance.now();
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

  /**
   * Moves time on by hand, through everything that is due on the way.
   *
   * @param ms virtual milliseconds
   * @returns resolves when time is there; what it set off may still be at work
   */
  async advance(ms: number): Promise<void> {
    const target = this.now() + ms;
    for (let next = this.waits[0]; next && next.due <= target; next = this.waits[0]) {
      this.leap(next.due);
      // What was waiting goes on and may wait again, for a moment before the target.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.leap(target);
  }

  /** Nothing waits any longer, and nothing that waits now ever goes on. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.waits.length = 0;
  }

  private callOff(wait: Wait): void {
    const at = this.waits.indexOf(wait);
    if (at === -1) return;
    this.waits.splice(at, 1);
    wait.resolve();
    this.schedule();
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.closed) return;
    const [due, realMs] = this.pace === "auto" ? this.nextJump() : this.nextDue(this.pace);
    if (due === undefined) return;
    this.timer = setTimeout(() => this.leap(due), Math.min(Math.max(0, realMs), LONGEST_TIMER_MS));
  }

  private nextDue(scale: number): [due: number | undefined, realMs: number] {
    const due = this.waits[0]?.due;
    return [due, due === undefined ? 0 : (due - this.now()) / scale];
  }

  private nextJump(): [due: number | undefined, realMs: number] {
    if (this.busyCount > 0 || this.holds.size > 0) return [undefined, 0];
    const awaited = this.waits.find(({ background }) => !background);
    if (awaited) return [awaited.due, QUIET_MS - (performance.now() - this.lastNew)];
    return [this.waits[0]?.due, BACKGROUND_QUIET_MS - (performance.now() - this.lastSeen)];
  }

  /** Time is `moment` now, if it was not later already; all that was due until then goes on, in order. */
  private leap(moment: number): void {
    if (this.closed) return;
    // In scaled mode a timer that fires a little early must not leave its wait behind.
    this.leapt += Math.max(0, moment - this.now());
    this.lastNew = performance.now();
    while (this.waits[0] && this.waits[0].due <= this.now()) this.waits.shift()?.resolve();
    this.schedule();
  }
}
