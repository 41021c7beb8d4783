// What all benchmarks share: a figure is measured, compared with its goal, and told with the parts it is made of.

/** One number of a benchmark. */
export interface Value {
  /** Key in the JSON report, e.g. `recreateUnservedRatio`. Stays the same for ever, so that runs can be compared. */
  key: string;
  value: number;
  unit: "ratio" | "s" | "requests" | "connections" | "bytes" | "volumes" | "requests/s" | "MB";
  /** The largest value that is still good; absent where there is nothing to hold it against. */
  goal?: number;
}

/** A stretch of time or an amount that a value is made of, in the order in which things happened. */
export interface Part {
  /** What it belongs to, e.g. `overlap`. */
  of: string;
  name: string;
  value: number;
  unit: Value["unit"];
}

export interface Measured {
  values: Value[];
  parts: Part[];
  /** In words, what a reader has to know to judge the numbers. */
  notes: string[];
}

/** What a person may choose on the command line. */
export interface BenchOptions {
  /** Machines of the figures about many machines. */
  machines: number;
  /** Told while it is measured, for a person who waits. */
  say: (text: string) => void;
}

/** A benchmark: one file each, listed in `figures.ts`. */
export interface Figure {
  /** To choose it by, e.g. `recreate-home-store`. */
  name: string;
  title: string;
  /** Minutes on two idle cores, so that a person knows what to wait for. */
  minutes: number;
  /** @throws Error when it cannot be measured; a figure that is skipped says so in its notes and has no values */
  measure(options: BenchOptions): Promise<Measured>;
}

/** Whether every value that has a goal is as good as that. */
export function reached(values: readonly Value[]): boolean {
  return values.every(({ value, goal }) => goal === undefined || value <= goal);
}
