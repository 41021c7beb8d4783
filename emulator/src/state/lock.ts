// Keeps two emulators from one state file: each would write its own cloud over the other's.
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";

/** Who holds a file. */
const holder = z.object({
  pid: z.int(),
  /** What the system says of its beginning, so that a later process of the same number is not taken for it; null where it says nothing. */
  started: z.string().nullable(),
});
type Holder = z.infer<typeof holder>;

export interface Lock {
  release(): Promise<void>;
}

/** What this process itself holds; its own number says nothing about that. */
const held = new Set<string>();

/** How often a lock that was left behind is taken away before somebody else must be doing the same. */
const ATTEMPTS = 10;

/**
 * Takes a file for this process, with `FILE.lock` beside it. What a killed process left behind is taken away. Only processes of the same
 * system see one another: two containers that share a folder do not.
 *
 * @throws Error in words when another emulator has it
 */
export async function takeLock(path: string): Promise<Lock> {
  const file = `${resolve(path)}.lock`;
  if (held.has(file)) throw inUse(path, process.pid);
  held.add(file);
  try {
    await create(path, file);
  } catch (error) {
    held.delete(file);
    throw error;
  }
  return {
    async release() {
      if (!held.delete(file)) return;
      await rm(file, { force: true });
    },
  };
}

async function create(path: string, file: string): Promise<void> {
  // Written beside and linked, so that nobody ever reads half a holder.
  const own = `${file}.${process.pid}`;
  await writeFile(own, JSON.stringify({ pid: process.pid, started: await startOf(process.pid) } satisfies Holder), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await linked(own, file)) return;
      const other = await holderOf(file);
      if (other && (await isRunning(other))) throw inUse(path, other.pid);
      await takeAway(file, other);
    }
    throw new Error(`${path} could not be locked: ${file} comes back each time it is taken away. Nothing was changed.`);
  } finally {
    await rm(own, { force: true });
  }
}

async function linked(own: string, file: string): Promise<boolean> {
  try {
    await link(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Moved first, and looked at again: somebody may have taken the lock between the two looks. */
async function takeAway(file: string, stale: Holder | undefined): Promise<void> {
  const aside = `${file}.${process.pid}.old`;
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  const found = await holderOf(aside);
  if (JSON.stringify(found) !== JSON.stringify(stale)) await linked(aside, file);
  await rm(aside, { force: true });
}

/** @returns nothing when there is none, or nobody can be read from it */
async function holderOf(file: string): Promise<Holder | undefined> {
  try {
    return holder.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return undefined;
  }
}

async function isRunning({ pid, started }: Holder): Promise<boolean> {
  // Not held by this process, as was seen before: an earlier one had its number.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return started === null || (await startOf(pid)) === started;
}

/** Ticks since the system began, where the system tells. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The name in brackets before may hold anything; the start is the 20th field after it.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

const inUse = (path: string, pid: number): Error =>
  new Error(
    `${path} is in use by another emulator (process ${pid}), and each would write its cloud over the other's. ` +
      "Nothing was changed. Stop that one, or give this one a file of its own.",
  );
