// A change that is made live: arm the way back, activate, look over a new connection, confirm.
import { randomBytes } from "node:crypto";
import { healthCallMs, noEnd, rollbackSeconds } from "./confirmationTime";
import type { StepContext } from "../context";
import type { StepInput } from "../documents";
import type { Connections } from "../ssh/connections";
import { awaitMachine, type Contact, lookForMachine } from "../ssh/contact";
import { callScript, parseResults, REFUSED, runScript, type ScriptResults } from "../ssh/remote";
import { StepError } from "../stepError";
import type { Confirmed, Plan } from "../switch";
import { fileSystems } from "./verifySystem";
import { poll } from "../waiting";

const MINUTE = 60_000;

/** How long the machine has to become well after the activation, in milliseconds: well within the time until it goes back. */
const HEALTH_LIMIT_MS = 30_000;

export interface Change {
  input: StepInput<"switch">;
  context: StepContext;
  connections: Connections;
  /** The machine as it answered before the change. */
  contact: Contact;
  plan: Plan;
}

/**
 * @returns the confirmed system
 * @throws StepError after the machine has gone back, or when it will
 */
export async function activateConfirmed(change: Change): Promise<Confirmed> {
  const { context, connections, plan } = change;
  const { token } = await activateArmed(change);

  context.progress.phase("checking its health over a new connection");
  const { sick } = await lookAnew(change);
  if (sick.length > 0) throw await wentBack(change, token, sick.join("; "));

  context.progress.phase("confirming");
  const told = await runScript(context, connections.final, {
    script: "confirm",
    args: [plan.system, token, plan.reason],
    limitMs: 5 * MINUTE,
    relay: "machine",
    state: goesBack(plan),
    next: plan.next,
  });
  if (told.get("confirmed") !== "yes") throw await wentBack(change, token, told.get("why") || notInTime(plan));
  return { system: plan.system, generation: Number(told.get("generation")), fileSystems: fileSystems(told) };
}

/**
 * Activates the plan's system without making it the one that boots. Unless it is confirmed, the machine goes back by itself.
 *
 * @returns the token that names this activation, and whether some units failed
 * @throws StepError when it could not be activated, after the machine has gone back, or when it will
 */
export async function activateArmed(change: Change): Promise<{ token: string; failures: boolean }> {
  const { context, contact, plan } = change;
  const token = randomBytes(6).toString("hex");
  context.progress.phase("activating, with the way back armed");
  const activation = await callScript(context, contact.connection, {
    script: "activate",
    args: [plan.system, token, rollbackSeconds(plan)],
    limitMs: 10 * MINUTE,
    relay: "machine",
  });
  if (activation.code === REFUSED)
    throw new StepError({ what: activation.stderr.trim(), state: "Nothing was changed by this.", next: plan.next });
  const code =
    activation.code === 0
      ? parseResults(activation.stdout.toString("utf8")).get("code")
      : await codeLater(change, token, activation.stderr);
  if (code !== "0" && code !== "4")
    throw await wentBack(change, token, `the activation failed (${code === "unknown" ? "without a result" : `exit code ${code}`})`);
  return { token, failures: code === "4" };
}

/** Why a confirmation that came too late is none. */
export function notInTime(plan: Plan): string {
  return `it was not confirmed within ${rollbackSeconds(plan)} s`;
}

/** What happens to a machine that runs an unconfirmed system, in words. */
export function goesBack(plan: Plan): string {
  return `The machine goes back to its former system by itself within ${rollbackSeconds(plan)} s, unless ${plan.system} is confirmed.`;
}

/** The connection was lost while the machine went on: new connections ask how far it is. */
async function codeLater(change: Change, token: string, stderr: string): Promise<string> {
  const { context, connections, input, plan } = change;
  const trouble = { state: goesBack(plan), next: plan.next };
  context.progress.say(
    `the connection was lost during the activation, which goes on without it (${stderr.trim().split("\n").pop() ?? ""})`,
  );
  const limitMs = rollbackSeconds(plan) * 1000;
  const code = await poll(limitMs, async () => {
    const { connection } = await awaitMachine(context, connections, {
      accept: ["nixos"],
      first: "final",
      waitingFor: `${input.facts.machine} to take a new connection`,
      limitMs,
      ...trouble,
    });
    const told = await runScript(context, connection, { script: "activation", args: [token], limitMs: MINUTE, ...trouble });
    return told.get("code") === "running" ? undefined : told.get("code");
  });
  return code ?? "unknown";
}

/** What a new connection finds. */
export interface Look {
  /** The machine took a new connection. */
  reached: boolean;
  /** What is not well; empty when the machine is. */
  sick: string[];
}

/** Looks over new connections until it is enough, or the time for it is over. */
export async function lookAnew(
  { context, connections, input, plan }: Change,
  enough = ({ sick }: Look): boolean => sick.length === 0,
): Promise<Look> {
  let look: Look = { reached: false, sick: [] };
  await poll(HEALTH_LIMIT_MS, async () => {
    // Always the port that the new system should have: the former connection may be kept alive by what is about to go.
    const answer = await callScript(context, connections.final, { script: "health", limitMs: healthCallMs(plan) });
    if (answer.code === 0) look = { reached: true, sick: illness(parseResults(answer.stdout.toString("utf8")), plan) };
    else if (answer.timedOut) look = { reached: true, sick: [noEnd(plan)] };
    else look = { reached: false, sick: [`no new connection to port ${input.ssh.port}: ${answer.unreached ?? answer.stderr.trim()}`] };
    return enough(look) ? true : undefined;
  });
  return look;
}

function illness(told: ScriptResults, { system }: Plan): string[] {
  return [...told.all("sick"), ...(told.get("system") === system ? [] : [`it runs ${told.get("system")}`])];
}

/** Sends the machine back at once where it can be reached, and says how things stand. */
export async function wentBack({ context, connections, plan, input, contact }: Change, token: string, why: string): Promise<StepError> {
  context.progress.phase("going back to the former system");
  const way = await lookForMachine(context, connections, "final");
  const answer =
    typeof way === "object"
      ? await callScript(context, way.connection, { script: "goBack", args: [token], limitMs: 5 * MINUTE, relay: "machine" })
      : undefined;
  const told = answer?.code === 0 ? parseResults(answer.stdout.toString("utf8")) : undefined;
  const state = told === undefined ? goesBack(plan) : whereItIs(plan, told, contact);
  return new StepError({ what: `${plan.called} of ${input.facts.machine} was not confirmed: ${why}.`, state, next: plan.next });
}

/** What goBack.sh found, in words: a confirmation whose connection was lost may have come about, or have ended half-way. */
function whereItIs(plan: Plan, told: ScriptResults, before: Contact): string {
  const [now, boots] = [told.get("system"), told.get("boots")];
  if (now !== plan.system) return `The machine runs ${now === before.system ? "its former system again" : now}.`;
  if (told.get("armed") !== "") return `The machine still runs the new system. ${goesBack(plan)}`;
  if (boots === now) return `The machine runs ${now}, and boots it from now on: it was confirmed all the same.`;
  return `The machine still runs ${now}, unconfirmed, and nothing takes it back by itself any more; the next restart boots ${boots}.`;
}
