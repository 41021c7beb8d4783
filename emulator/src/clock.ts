// The emulator's own time. Everything that takes time in a real cloud waits on this clock, so that a test can ask how long
// something took without waiting for it.

export interface WaitOptions {
  /** When aborted, the wait leaves the clock's queue at once (and resolves), so that time need not come to it any more. */
  signal?: AbortSignal;
  /**
   * Nobody waits for the end: a timer armed on a machine, such as a rollback in 300 s. Time that jumps by itself does not jump here,
   * or every such timer would fire while the operator's side thinks.
   */
  background?: boolean;
}

/** Virtual time in milliseconds since the emulator was started. */
export interface Clock {
  now(): number;
  /** Resolves when `ms` of virtual time have passed. Zero or less resolves at once. */
  wait(ms: number, options?: WaitOptions): Promise<void>;
  /** Real work (a command that runs, a request that is answered) during which time does not jump ahead. */
  busy<T>(work: () => Promise<T>): Promise<T>;
  close(): void;
}
