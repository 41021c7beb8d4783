// Rollback: an earlier generation of the machine's own runs again, now and after the next boot. Nothing is built. Armed as a switch is: a
// generation that nobody can reach is undone by the machine itself.
import { performance } from "node:perf_hooks";
import type { StepContext } from "../context";
import type { StepInput } from "../documents";
import { type Generation, type Generations, listGenerations } from "./generations";
import { letInByFormerPort } from "../cloud/formerPort";
import { type Connection, type Connections, openConnections } from "../ssh/connections";
import { type Contact, lookForMachine } from "../ssh/contact";
import { callScript, parseResults, runScript } from "../ssh/remote";
import { StepError } from "../stepError";
import { activateArmed, type Change, goesBack, lookAnew, notInTime, wentBack } from "./switchActive";
import { bootInto, sendBack, unconfirmed, unwell } from "./switchBoot";

const MINUTE = 60_000;
const UNTOUCHED = "Nothing was touched.";

export interface RollbackWish {
  /** Number of the generation; by default the one before the one that runs. */
  to?: number;
  /** The machine may be restarted where the generation asks for it. */
  reboot: boolean;
  /** A rollback to this generation has begun before and may not have ended. */
  begun?: number;
  /** Where the machine may take ssh instead: a rollback to another port may not have ended. */
  otherPort?: number;
}

export interface RollbackTarget {
  generation: Generation;
  /** It is what `pulumi up` made last, so that going there is no rollback any more. */
  isLast: boolean;
  /** Hash of flake and facts that `pulumi up` brought the machine to last. */
  flake: string;
  /** There is nothing left to do on the machine. */
  there: boolean;
  /** It was booted already, by a rollback that was cut off: it is left again (vps.goBack) unless it is confirmed, which is all there is to do. */
  booted: boolean;
}

export interface RolledBack {
  target: RollbackTarget;
  /** Reading of `performance.now()` when the generation was active. */
  activeAt: number;
  /** What is not well with the generation; it is kept, for it is what was asked for. */
  sick: string[];
  rebooted: boolean;
}

/** What a rollback would do, before anything is done. */
export interface RollbackPlan {
  target: RollbackTarget;
  /** Its input and connections are for the port where the generation takes ssh; its contact was made where the machine does now. */
  change: Change;
  /** Store path of the system that the next boot takes. */
  boots: string | undefined;
  /** Where the generation takes ssh. */
  port: number;
}

/**
 * Connects, and decides on the generation to go to.
 *
 * @throws StepError when there is no such generation, or when it is none of this server's, or when it needs a restart that is not wished
 */
export async function planRollback(input: StepInput<"switch">, context: StepContext, wish: RollbackWish): Promise<RollbackPlan> {
  const ways = await openConnections(input, context, { formerPort: wish.otherPort });
  const now = await wayIn(context, ways);
  const known = await listGenerations(input, context, { ...ways, final: now });
  const target = chooseTarget(known, wish, input.machine);
  const { generation } = target;
  const plan = {
    system: generation.system,
    reason: known.last.flake,
    boot: generation.restart,
    health: generation.health,
    called: `Generation ${generation.number}`,
    next: `\`vps generations ${input.machine}\` lists the others. \`journalctl -u nixos-vps-switch\` on the machine tells what happened.`,
  };
  const port = portOf(generation, now.target.port);
  const there = { ...input, ssh: { ...input.ssh, port } };
  const connections = await openConnections(there, context, { formerPort: now.target.port });
  const connection = connections.former ?? connections.final;
  const contact = { connection, stage: "nixos" as const, bootId: known.bootId, hostName: "", system: known.active };
  const boots = known.all.find((one) => one.boots)?.system;
  return { target, change: { input: there, context, connections, contact, plan }, boots, port };
}

/** The door that opens, where a rollback to another port may have been cut off. */
async function wayIn(context: StepContext, ways: Connections): Promise<Connection> {
  if (!ways.former) return ways.final;
  const answer = await lookForMachine(context, ways, "final");
  return typeof answer === "object" ? answer.connection : ways.final;
}

/** Where a generation takes ssh: at the same port if it can. One that does not say takes it where the machine does. */
function portOf({ ports }: Generation, now: number): number {
  return ports.includes(now) ? now : (ports[0] ?? now);
}

/**
 * Goes to a generation: activate, look over a new connection, make it the one that boots. What is not well with it is told and not undone,
 * for it is what was asked for; but one that nobody can reach is left again. Where it takes ssh at another port, the firewall lets that in.
 *
 * @throws StepError when it does not run; the machine has gone back then, or will
 */
export async function rollBack(whole: RollbackPlan): Promise<RolledBack> {
  const { target, change, port } = whole;
  if (target.there) return { target, activeAt: performance.now(), sick: [], rebooted: false };
  const { input, context, contact, plan } = change;
  const now = contact.connection.target.port;
  const shutOthers = await letInByFormerPort({ ...input, ssh: { ...input.ssh, port: now } }, context, port);
  try {
    const goThere = target.booted ? confirmCutOff : plan.boot.length > 0 ? bootBack : activateBack;
    const done = await goThere(change, target);
    await shutOthers(port);
    return done;
  } catch (error) {
    if (port !== now && (await isAsBefore(whole))) await shutOthers(now);
    throw error;
  }
}

/**
 * Whether the machine is seen to be as it was before a rollback that failed: it runs and boots what it ran and booted, and waits for no
 * confirmation. One that cannot be asked is not seen so.
 */
export async function isAsBefore({ change, boots }: RollbackPlan): Promise<boolean> {
  const { context, contact } = change;
  const answer = await callScript(context, contact.connection, { script: "state", limitMs: MINUTE });
  if (answer.code !== 0) return false;
  const told = parseResults(answer.stdout.toString("utf8"));
  const waitsForNothing = told.get("armed") === "" && told.get("unconfirmed") === "";
  return told.get("active") === contact.system && told.get("default") === boots && waitsForNothing;
}

async function activateBack(change: Change, target: RollbackTarget): Promise<RolledBack> {
  const { context, connections, plan } = change;
  const { token, failures } = await activateArmed(change);
  const activeAt = performance.now();
  const { reached, sick } = await lookAnew(change, (look) => look.reached);
  if (!reached) throw await wentBack(change, token, sick.join("; "));
  const told = await runScript(context, connections.final, {
    script: "confirmRollback",
    args: [plan.system, target.generation.number, token],
    limitMs: 5 * MINUTE,
    relay: "machine",
    state: goesBack(plan),
    next: plan.next,
  });
  if (told.get("confirmed") !== "yes") throw await wentBack(change, token, told.get("why") || notInTime(plan));
  return { target, activeAt, sick: [...sick, ...(failures && sick.length === 0 ? ["some units did not start"] : [])], rebooted: false };
}

async function bootBack(change: Change, target: RollbackTarget): Promise<RolledBack> {
  change.context.progress.say(`this needs a restart: ${change.plan.boot.join(", ")}`);
  const booted = await bootInto(change, target.generation.number);
  return { ...(await confirmBooted(change, target, booted)), rebooted: true };
}

/** What runs and boots is not there for good while a note says what to go back to: the machine would leave it minutes later (vps.goBack). */
async function confirmCutOff(change: Change, target: RollbackTarget): Promise<RolledBack> {
  change.context.progress.say(`generation ${target.generation.number} runs and boots already: only its confirmation is missing`);
  return { ...(await confirmBooted(change, target, change.contact)), rebooted: false };
}

async function confirmBooted(change: Change, target: RollbackTarget, booted: Contact): Promise<Omit<RolledBack, "rebooted">> {
  const { context, plan } = change;
  const activeAt = performance.now();
  const why = await unwell(change, booted);
  if (booted.system !== plan.system) throw await sendBack(change, booted, why ?? `it booted ${booted.system}`);
  const told = await runScript(context, booted.connection, {
    script: "confirmRollback",
    args: [plan.system, target.generation.number],
    limitMs: 5 * MINUTE,
    relay: "machine",
    state: unconfirmed(plan),
    next: plan.next,
  });
  if (told.get("confirmed") !== "yes") throw await sendBack(change, booted, told.get("why") || "another system runs by now");
  return { target, activeAt, sick: why === undefined ? [] : [why] };
}

/** @throws StepError in words when the wish cannot be granted */
export function chooseTarget(known: Generations, wish: RollbackWish, machine: string): RollbackTarget {
  const number = wish.to ?? defaultTarget(known, wish);
  const generation = known.all.find((one) => one.number === number);
  const others = known.all.filter((one) => !one.foreign && one.number !== number).map((one) => one.number);
  const list = others.length > 0 ? `There are: ${others.join(", ")} (\`vps generations ${machine}\`).` : "";
  if (!generation) {
    const what =
      number === undefined ? `There is no generation of ${machine} before the one that runs.` : `${machine} has no generation ${number}.`;
    throw new StepError({ what, state: UNTOUCHED, next: list || "Only `pulumi up` makes new ones." });
  }
  if (generation.foreign) {
    throw new StepError({
      what: `Generation ${generation.number} was made for a former server of ${machine}: it names a disk or a store that this one has not, and would not boot.`,
      state: UNTOUCHED,
      next: list || "Take the change back in the configuration and run `pulumi up`.",
    });
  }
  const stays = generation.active && generation.boots && !known.armed;
  if (generation.restart.length > 0 && !stays && !wish.reboot) {
    throw new StepError({
      what: `Generation ${generation.number} has another ${generation.restart.join(", another ")} than the one that was booted: it needs a restart.`,
      state: UNTOUCHED,
      next: `Allow it: vps rollback ${machine} --to ${generation.number} --reboot`,
    });
  }
  const [there, booted] = [stays && !known.unconfirmed, stays && known.unconfirmed];
  return { generation, isLast: generation.system === known.last.system, flake: known.last.flake, there, booted };
}

/** What was begun is finished first; what has been done already is not done once more, one generation further back. */
function defaultTarget(known: Generations, { begun }: RollbackWish): number | undefined {
  if (known.rolledBack) return known.rolledBack.number;
  if (begun !== undefined) return begun;
  const active = known.all.filter((one) => one.active);
  // Several may be of one system: then the one that boots counts.
  const runs = (active.find((one) => one.boots) ?? active.at(-1))?.number;
  // What runs and is no generation, or not yet, was never confirmed: the former system is the one that boots.
  if (runs === undefined) return known.current;
  return known.all.filter((one) => one.number < runs && !one.foreign).at(-1)?.number;
}
