import type { World } from "../model/world";
import { StateFile } from "./file";
import { takeLock } from "./lock";
import { restoreMachines } from "./restore";
import { loadSnapshot, takeSnapshot } from "./snapshot";

/** Where the cloud's state is kept between runs, if anywhere. */
export interface State {
  /** Wall clock at virtual time 0, milliseconds since 1970; never before what an earlier run has written. */
  epoch: number;
  /** Brings back what the last run left, and keeps what comes from now on. */
  fill(world: World): Promise<void>;
  /** Resolves when what is so now is safe. */
  save(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param path of a file; without, nothing is kept
 * @throws Error when the file is there and is no state file, or another emulator has it
 */
export async function openState(path: string | undefined): Promise<State> {
  const nothing = (): Promise<void> => Promise.resolve();
  if (path === undefined) return { epoch: Date.now(), fill: nothing, save: nothing, close: nothing };

  const lock = await takeLock(path);
  const stored = await StateFile.read(path).catch(async (error: unknown) => {
    await lock.release();
    throw error;
  });
  let file: StateFile | undefined;
  const save = (): Promise<void> => file?.save() ?? nothing();
  return {
    epoch: Math.max(Date.now(), stored?.time ?? 0),
    async fill(world) {
      if (stored) {
        loadSnapshot(world, stored);
        await restoreMachines(world);
      }
      file = new StateFile(path, () => takeSnapshot(world));
      await file.save();
      world.actions.onEnd(() => void save().catch((error: unknown) => warn(path, error)));
    },
    save,
    async close() {
      await save();
      file = undefined;
      await lock.release();
    },
  };
}

function warn(path: string, error: unknown): void {
  process.emitWarning(`the state could not be written to ${path}: ${error instanceof Error ? error.message : String(error)}`);
}
