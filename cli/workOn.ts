// Working on a machine from `vps`: under the lock that the steps take, so that it never works beside a `pulumi up`, and with the same
// progress, private folder and end of children.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StepContext } from "../steps/context";
import { Children } from "../steps/operator/children";
import { Interruption } from "../steps/operator/interruption";
import { lockMachine, type MachineLock } from "../steps/operator/lock";
import { openLog } from "../steps/operator/log";
import { stateFolder } from "../steps/operator/stateFolder";
import { createProgress } from "../steps/progress";
import { secretsOf } from "../steps/readDocument";
import { StepError } from "../steps/stepError";
import type { MachineRecord } from "./stack";
import { Busy, Interrupted } from "./trouble";

export interface WorkOptions {
  /** What the lock, the log and other steps call it, e.g. `rollback`. */
  name: string;
  /** The project's folder. */
  project: string;
  /** How long a step that works on the machine is waited for, in milliseconds; by default it is not. */
  limitMs?: number;
  /** False for what touches nothing and may be done beside anything. Default: true. */
  alone?: boolean;
}

/** What is needed to work where the state has no machine (any more). */
export interface Workplace {
  stack: string;
  machine: string;
  /** Values that must never be shown. */
  secrets: string[];
}

/**
 * Does something on a machine, while nobody else does unless told otherwise.
 *
 * @throws {Busy} when a step works on the machine
 * @throws {Interrupted} when a signal came
 */
export function workOn<T>({ document }: MachineRecord, options: WorkOptions, work: (context: StepContext) => Promise<T>): Promise<T> {
  return workAt({ stack: document.stack, machine: document.machine, secrets: secretsOf(document) }, options, work);
}

/** The same for a machine that the state does not know. */
export async function workAt<T>(place: Workplace, options: WorkOptions, work: (context: StepContext) => Promise<T>): Promise<T> {
  const { stack, machine: name, secrets } = place;
  const log = openLog(stack, name, `vps-${options.name}`);
  const progress = createProgress({ machine: name, secrets, log });
  const interruption = new Interruption();
  let lock: MachineLock | undefined;
  const children = new Children((running) => lock?.children(running));
  try {
    if (options.alone ?? true)
      lock = await lockMachine({
        folder: join(stateFolder(), "locks"),
        stack,
        machine: name,
        step: options.name,
        limitMs: options.limitMs ?? 0,
        say: (words) => progress.say(words),
        givenUp: () => interruption.code !== undefined,
      });
  } catch (error) {
    if (interruption.code !== undefined) throw new Interrupted("It was ended before it began. Nothing was touched.", interruption.code);
    throw error instanceof StepError ? new Busy(error.trouble) : error;
  }
  const workspace = await mkdtemp(join(tmpdir(), "nixos-vps-"));
  try {
    return await Promise.race([interruption.happens, work({ project: options.project, workspace, progress, children })]);
  } catch (error) {
    if (interruption.code !== undefined) throw new Interrupted(error instanceof Error ? error.message : String(error), interruption.code);
    throw error;
  } finally {
    await children.endAll();
    await rm(workspace, { recursive: true, force: true });
    await lock?.release();
  }
}
