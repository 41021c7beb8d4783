// `vps rollback`, without its command line. Pulumi's state is told first and the machine is touched after it: writing the state takes the
// stack's lock, so an update in progress is refused before anything has happened; and when this is cut off in between, the next `up` looks
// at the machine for nothing, where the other way round it would not look at all.
import { performance } from "node:perf_hooks";
import { inUtc } from "../steps/generations";
import { isAsBefore, planRollback, type RollbackPlan, rollBack, type RolledBack } from "../steps/rollBack";
import { StepError } from "../steps/stepError";
import { parseRolledBack, rolledBackVersion, withVersion } from "./rolledBack";
import { reasonOf, rewriteState } from "./rewriteState";
import { type MachineRecord, type Stack } from "./stack";
import { workOn } from "./workOn";

export interface RollbackOptions {
  /** Number of the generation; by default the one before the one that runs. */
  to?: number;
  /** Restart the machine where the generation needs it. Default: false. */
  reboot?: boolean;
  /** Reading of `performance.now()` when the person asked. Default: when this is called. */
  since?: number;
}

export interface RollbackReport {
  machine: string;
  generation: number;
  system: string;
  /** From the person's command to the generation being active. */
  seconds: number;
  /** False when the machine ran that generation already. */
  changed: boolean;
  rebooted: boolean;
  /** The machine is behind what `pulumi up` made last, so that the next one goes forward. */
  behind: boolean;
  /** What is not well with it. */
  sick: string[];
}

/**
 * Takes a machine to an earlier generation, and Pulumi's state with it.
 *
 * @throws StepError when the generation cannot be gone to, when somebody else works on the stack or the machine, or when the machine did
 * not stay with it
 * @example
 * ```ts
 * const stack = await Stack.read(await Pulumi.open({ cwd: project, stack: "dev" }));
 * const { seconds } = await rollBackMachine(stack, "devserver");
 * ```
 */
export async function rollBackMachine(stack: Stack, name: string, options: RollbackOptions = {}): Promise<RollbackReport> {
  const since = options.since ?? performance.now();
  const machine = stack.machine(name);
  const wish = { to: options.to, reboot: options.reboot ?? false, begun: parseRolledBack(machine.version)?.generation };
  return workOn(machine, { name: "rollback", project: stack.folder }, async (context) => {
    const plan = await planRollback(machine.document, context, wish);
    const told = await tellState(stack, machine, versionAfter(plan, machine));
    const done = await rollBack(plan).catch(async (error: unknown) => {
      throw told ? await afterFailure(stack, machine, plan, error) : error;
    });
    return report(name, plan, done, since);
  });
}

function versionAfter({ target }: RollbackPlan, { version }: MachineRecord): string {
  if (target.isLast) return target.flake;
  const before = parseRolledBack(version);
  if (before?.generation === target.generation.number) return version;
  return rolledBackVersion(target.generation.number, inUtc(Date.now() / 1000), version);
}

/** @returns whether there was anything to tell */
async function tellState(stack: Stack, { version, urn }: MachineRecord, next: string): Promise<boolean> {
  if (next === version) return false;
  await rewriteState(stack, (state) => withVersion(state, urn, next));
  return true;
}

/**
 * The machine was not confirmed with the generation. Where it is seen to be as it was, the state shall be so too. Where it is not seen (the
 * confirmation itself may have been what was lost), the state keeps its words: the next `up` looks at the machine, at worst for nothing.
 */
async function afterFailure(stack: Stack, machine: MachineRecord, plan: RollbackPlan, error: unknown): Promise<unknown> {
  const told = "Pulumi's state says that it was rolled back, so that the next `pulumi up` looks at the machine and sets it right.";
  if (!(await isAsBefore(plan).catch(() => false))) return adding(error, told);
  try {
    await tellState(stack, { ...machine, version: "" }, machine.version);
    return error;
  } catch (second) {
    return adding(error, `${told} It could not be told otherwise: ${reasonOf(second)}`);
  }
}

/** A failure with more to say about the state of things. */
function adding(error: unknown, words: string): unknown {
  if (!(error instanceof StepError)) return error;
  return new StepError({ ...error.trouble, state: `${error.trouble.state} ${words}` });
}

function report(machine: string, { target }: RollbackPlan, done: RolledBack, since: number): RollbackReport {
  return {
    machine,
    generation: target.generation.number,
    system: target.generation.system,
    seconds: Math.round(done.activeAt - since) / 1000,
    changed: !target.there,
    rebooted: done.rebooted,
    behind: !target.isLast,
    sick: done.sick,
  };
}
