// The emulator's own time. Everything that takes time in a real cloud waits on this clock, so that a test can ask how long
// something took without waiting for it.

/** Virtual time in milliseconds since the emulator was started. */
export interface Clock {
  now(): number;
  /** Resolves when `ms` of virtual time have passed. Zero or less resolves at once. */
  wait(ms: number): Promise<void>;
  /** Real work (a command that runs, a request that is answered) during which time does not jump ahead. */
  busy<T>(work: () => Promise<T>): Promise<T>;
  close(): void;
}
