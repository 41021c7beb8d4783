// Real work on machines, told to the clock: while a command runs, automatic time stands still; while it only waits, it does not.
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock, WaitOptions } from "../clock";

/** Real milliseconds after which a command that still runs no longer holds time: it may be one that waits for something by itself. */
const LONGEST_HOLD_MS = 5_000;

/** Something that runs for real, e.g. the command of an ssh session. */
export class Activity {
  private release: (() => void) | undefined;
  private limit: NodeJS.Timeout | undefined;
  private over = false;
  private waiting = 0;

  constructor(private readonly clock: Clock) {
    this.hold();
  }

  /** Runs what takes virtual time, during which this does not count as work. */
  async pausedFor<T>(waiting: () => Promise<T>): Promise<T> {
    this.waiting++;
    this.letGo();
    try {
      return await waiting();
    } finally {
      this.waiting--;
      if (this.waiting === 0 && !this.over) this.hold();
    }
  }

  end(): void {
    this.over = true;
    this.letGo();
  }

  private hold(): void {
    const held = new Promise<void>((resolve) => (this.release = resolve));
    this.limit = setTimeout(() => this.letGo(), LONGEST_HOLD_MS);
    this.limit.unref();
    void this.clock.busy(() => held);
  }

  private letGo(): void {
    clearTimeout(this.limit);
    this.release?.();
    this.release = undefined;
  }
}

/** An activity as its owner sees it. */
export interface Begun {
  /** For EMULATOR_SESSION. */
  name: string;
  /** It does no more work. */
  end: () => void;
  /** Whoever began it has heard that it ended. */
  closed: () => void;
}

/** The activities that can be named by what they run: requests from a machine carry the name in EMULATOR_SESSION. */
export class Activities {
  private readonly byName = new Map<string, { activity: Activity; ended: Promise<void> }>();
  private count = 0;

  constructor(private readonly clock: Clock) {}

  begin(): Begun {
    const name = `s${++this.count}`;
    const activity = new Activity(this.clock);
    let over: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (over = resolve));
    this.byName.set(name, { activity, ended });
    const closed = (): void => {
      activity.end();
      this.byName.delete(name);
      over();
    };
    return { name, end: () => activity.end(), closed };
  }

  /** Resolves when an activity has ended, or very soon if it does not: who asks to be switched off may also wait to be. */
  async ended(name: string): Promise<void> {
    const patience = new AbortController();
    await Promise.race([this.byName.get(name)?.ended, sleep(500, undefined, { signal: patience.signal }).catch(() => undefined)]);
    patience.abort();
  }

  /** Waits for something on behalf of an activity, or of none that is known. */
  async waitFor<T>(name: string, waiting: () => Promise<T>): Promise<T> {
    return this.byName.get(name)?.activity.pausedFor(waiting) ?? waiting();
  }
}

/**
 * Waits on the clock.
 *
 * @returns false when it was called off
 */
export async function pause(clock: Clock, seconds: number, signal?: AbortSignal, options?: WaitOptions): Promise<boolean> {
  if (signal?.aborted) return false;
  if (seconds <= 0) return true;
  // A signal of this wait's own: what listens to it goes with it, however often the long-lived one is waited on.
  await clock.wait(seconds * 1000, { ...options, signal: signal && AbortSignal.any([signal]) });
  return signal?.aborted !== true;
}
