// What a conformance suite is: something not of this project that is run unchanged against the emulator.
import type { Cache } from "../toolchain/cache";

/** What every suite is given. */
export interface Context {
  /** Where tools are kept that were got from a registry. */
  cache: Cache;
  /** Environment of the tools. */
  env: NodeJS.ProcessEnv;
  /** Whatever a suite draws at random is drawn from this. */
  seed: number;
  /** `false`: use what is in the cache, reach no registry. */
  download: boolean;
  /** Says on the progress line how far the suite is. */
  detail: (text: string) => void;
}

/** What a suite found out. It passed when there are no problems. */
export interface Findings {
  /** The versions that were run, e.g. `hcloud 2.27.0 (PyPI), Python 3.11.2`. */
  versions: string;
  /** What was seen, with figures; each is a line of the report. */
  facts: string[];
  /** What is wrong; each is a line of the report, or more. */
  problems: string[];
}

export interface Suite {
  /** What it is called on the command line. */
  name: string;
  /** What it proves, in a few words. */
  what: string;
  /** @throws Skipped when something that it needs is not at hand; whatever else is thrown is a failure of the suite itself. */
  run(context: Context): Promise<Findings>;
}

/** Says aloud why a suite was not run, and what would let it run. */
export class Skipped extends Error {
  override readonly name = "Skipped";
}

export type Result = { name: string; what: string; seconds: number } & (
  ({ outcome: "passed" | "failed" } & Findings) | { outcome: "skipped"; reason: string }
);
