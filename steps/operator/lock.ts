// One step at a time for a machine, on the operator's side. Steps of one `pulumi up` wait for each other; a step that a killed engine left
// behind is ended, with everything it started, because it would otherwise work beside the one that takes up its work (DESIGN §6).
import { randomUUID } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import lockfile from "proper-lockfile";
import { z } from "zod";
import { fileName } from "./fileName";
import { type ProcessIdentity, commissioner, isAlive, self, signalGroup } from "./processes";
import { StepError } from "../stepError";

const identity = z.object({ pid: z.int(), started: z.string() });
const record = z.object({
  holder: identity,
  step: z.string(),
  /** On whose behalf the holder works: when it is gone, the holder is an orphan. */
  commissioner: identity.optional(),
  /** Groups that the holder started and that still run. */
  children: z.array(identity),
});
type LockRecord = z.infer<typeof record>;

export interface LockOptions {
  /** Folder of all locks of this operator. */
  folder: string;
  stack: string;
  machine: string;
  step: string;
  /** How long to wait for a step that somebody still waits for, in milliseconds. */
  limitMs: number;
  say: (text: string) => void;
  /** Says that this step is being ended, so that it stops waiting. */
  givenUp: () => boolean;
  /** Milliseconds between two looks, and that an orphan has to end by itself. */
  pollMs?: number;
  graceMs?: number;
}

/** Right to work on a machine. */
export interface MachineLock {
  /** Makes known what runs on behalf of the holder. */
  children(running: ProcessIdentity[]): void;
  release(): Promise<void>;
}

/**
 * Waits until no other step works on the machine, and takes the right to.
 *
 * @throws StepError when a step that somebody still waits for holds it beyond the limit
 */
export async function lockMachine(options: LockOptions): Promise<MachineLock> {
  const path = join(options.folder, `${fileName(options.stack, options.machine)}.json`);
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const mine: LockRecord = { holder: self(), step: options.step, commissioner: commissioner(), children: [] };
  const until = Date.now() + options.limitMs;
  let told = "";
  for (;;) {
    const other = await guarded(path, () => takeIfFree(path, mine));
    if (!other) return held(path, mine);
    if (!isBusy(other)) continue; // it ended since
    if (isOrphan(other)) {
      options.say(`a ${other.step} that was cut off still runs for this machine (process ${other.holder.pid}): ending it`);
      await endOrphan(other, options);
      continue;
    }
    const news = `waiting for the ${other.step} that works on this machine (process ${other.holder.pid})`;
    if (news !== told) options.say((told = news));
    if (options.givenUp() || Date.now() > until) throw stillHeld(options, other);
    await sleep(options.pollMs ?? 100);
  }
}

function stillHeld({ machine, step }: LockOptions, other: LockRecord): StepError {
  return new StepError({
    what: `The ${step} of ${machine} could not begin: a ${other.step} (process ${other.holder.pid}) works on the machine and does not end.`,
    state: "This step touched nothing.",
    next: `Wait for it or end it (kill ${other.holder.pid}), then run \`pulumi up\` again.`,
  });
}

/** Looking and taking are one act: two steps that find a dead holder at the same moment must not both succeed it. */
async function guarded<T>(path: string, act: () => T): Promise<T> {
  const release = await lockfile.lock(path, { realpath: false, stale: 5_000, retries: { retries: 200, minTimeout: 20, maxTimeout: 100 } });
  try {
    return act();
  } finally {
    await release();
  }
}

/** @returns whoever has it, or undefined when it is ours now */
function takeIfFree(path: string, mine: LockRecord): LockRecord | undefined {
  const other = readRecord(path);
  if (other && isBusy(other)) return other;
  writeRecord(path, mine);
  return undefined;
}

function held(path: string, mine: LockRecord): MachineLock {
  return {
    // At once and not in the background: a step may be killed the moment after it started a child.
    children: (running) => writeRecord(path, { ...mine, children: running }),
    release: async () => {
      const current = readRecord(path);
      if (current?.holder.pid === mine.holder.pid && current.holder.started === mine.holder.started) await rm(path, { force: true });
    },
  };
}

function isBusy(other: LockRecord): boolean {
  return isAlive(other.holder) || other.children.some(isAlive);
}

function isOrphan(other: LockRecord): boolean {
  return !isAlive(other.holder) || (other.commissioner !== undefined && !isAlive(other.commissioner));
}

/** First the step, which ends its own children and cleans up; then, if need be, by force all that it started. */
async function endOrphan(orphan: LockRecord, { graceMs = 10_000, pollMs = 100 }: LockOptions): Promise<void> {
  if (isAlive(orphan.holder)) {
    process.kill(orphan.holder.pid, "SIGTERM");
    await until(() => !isAlive(orphan.holder), graceMs, pollMs);
    if (isAlive(orphan.holder)) process.kill(orphan.holder.pid, "SIGKILL");
  }
  const left = orphan.children.filter(isAlive);
  for (const child of left) signalGroup(child.pid, "SIGTERM");
  await until(() => !left.some(isAlive), graceMs, pollMs);
  for (const child of left.filter(isAlive)) signalGroup(child.pid, "SIGKILL");
  await until(() => !isAlive(orphan.holder) && !left.some(isAlive), graceMs, pollMs);
}

async function until(condition: () => boolean, limitMs: number, pollMs: number): Promise<void> {
  for (const end = Date.now() + limitMs; !condition() && Date.now() < end;) await sleep(pollMs);
}

function readRecord(path: string): LockRecord | undefined {
  try {
    return record.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined; // missing, or from another version of this program: nobody we could name holds it
  }
}

function writeRecord(path: string, content: LockRecord): void {
  const beside = `${path}.${randomUUID()}`;
  writeFileSync(beside, JSON.stringify(content), { mode: 0o600 });
  renameSync(beside, path);
}
