// `vps rollback`, without its command line. Pulumi's state is told first and the machine is touched after it: writing the state takes the
// stack's lock, so an update in progress is refused before anything has happened; and when this is cut off in between, the next `up` looks
// at the machine for nothing, where the other way round it would not look at all.
import { performance } from "node:perf_hooks";
import { inUtc } from "../steps/system/generations";
import { isAsBefore, planRollback, type RollbackPlan, rollBack, type RolledBack } from "../steps/system/rollBack";
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
  const begun = parseRolledBack(machine.version)?.generation;
  const wish = { to: options.to, reboot: options.reboot ?? false, begun, otherPort: machine.configuredPort };
  return workOn(machine, { name: "rollback", project: stack.folder }, async (context) => {
    const plan = await planRollback(machine.document, context, wish);
    const before = { version: machine.version, port: machine.document.ssh.port };
    const after = afterwards(plan, before);
    const meanwhile = plan.target.there ? after : uncertain(plan, machine);
    await tellState(stack, machine, before, meanwhile);
    const done = await rollBack(plan).catch(async (error: unknown) => {
      throw await afterFailure(error, plan, () => tellState(stack, machine, meanwhile, before));
    });
    await tellState(stack, machine, meanwhile, after).catch((error: unknown) => {
      throw onlyUntold(error, plan, name);
    });
    return report(name, plan, done, since);
  });
}

/** What the state says of a machine. */
interface Says {
  /** Hash of flake and facts that it was brought to, or words of a rollback. */
  version: string;
  /** Where it takes ssh. */
  port: number;
}

function afterwards(plan: RollbackPlan, before: Says): Says {
  const { target, port } = plan;
  return { version: target.isLast ? target.flake : words(plan, before.version), port };
}

/**
 * As long as the rollback may end anywhere: words by which the next `up` looks at the machine, also on the way to what it made last. It looks
 * at the configured port anyway, so that the other one is to be told.
 */
function uncertain(plan: RollbackPlan, { version, configuredPort }: MachineRecord): Says {
  const now = plan.change.contact.connection.target.port;
  return { version: words(plan, version), port: plan.port === configuredPort ? now : plan.port };
}

function words({ target }: RollbackPlan, version: string): string {
  if (parseRolledBack(version)?.generation === target.generation.number) return version;
  return rolledBackVersion(target.generation.number, inUtc(Date.now() / 1000), version);
}

async function tellState(stack: Stack, { urn, answer }: MachineRecord, from: Says, to: Says): Promise<void> {
  if (from.version === to.version && from.port === to.port) return;
  const told = { version: to.version, answer: answer && from.port !== to.port ? { ...answer, port: to.port } : undefined };
  await rewriteState(stack, (state) => withVersion(state, urn, told));
}

/**
 * The machine was not confirmed with the generation. Where it is seen to be as it was, the state shall be so too. Where it is not seen (the
 * confirmation itself may have been what was lost), the state keeps its words: the next `up` looks at the machine, at worst for nothing.
 */
async function afterFailure(error: unknown, plan: RollbackPlan, takeBack: () => Promise<void>): Promise<unknown> {
  const told = "Pulumi's state says that it was rolled back, so that the next `pulumi up` looks at the machine and sets it right.";
  if (!(await isAsBefore(plan).catch(() => false))) return adding(error, told);
  try {
    await takeBack();
    return error;
  } catch (second) {
    return adding(error, `${told} It could not be told otherwise: ${reasonOf(second)}`);
  }
}

function onlyUntold(error: unknown, { target }: RollbackPlan, machine: string): StepError {
  return new StepError({
    what: `Pulumi's state could not be told where ${machine} is: ${reasonOf(error)}`,
    state: `${machine} runs generation ${target.generation.number} and boots it from now on. The state still says that a rollback is on its way.`,
    next: "Run the same command again. The next `pulumi up` looks at the machine and sets it right, too.",
  });
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
