// A change that needs a boot (kernel, initrd, storage): make the new system the one that boots, restart, look, confirm.
import { BOOT_MINUTES, bootMinutes, healthCallMs, noEnd } from "./confirmationTime";
import type { Contact } from "../ssh/contact";
import { awaitMachine } from "../ssh/contact";
import { callScript, parseResults, runScript } from "../ssh/remote";
import { StepError } from "../stepError";
import type { Confirmed, Plan } from "../switch";
import type { Change } from "./switchActive";
import { fileSystems } from "./verifySystem";
import { poll } from "../waiting";

const MINUTE = 60_000;

/** How long a machine that answers has until its boot is over and everything well, in milliseconds. */
const SETTLING_LIMIT_MS = 90_000;

/** What systemd says of itself until the boot is over. */
const BOOTING = new Set(["initializing", "starting"]);

/**
 * @returns the confirmed system
 * @throws StepError when the machine does not come back with it; it was sent back to the former one where it could be reached
 */
export async function bootConfirmed(change: Change): Promise<Confirmed> {
  const { context, plan, input } = change;
  const booted = await bootInto(change);
  const why = await unwell(change, booted);
  if (why !== undefined) throw await sendBack(change, booted, why);

  context.progress.phase("confirming");
  const told = await runScript(context, booted.connection, {
    script: "confirmBoot",
    args: [plan.system, plan.reason],
    limitMs: 5 * MINUTE,
    state: unconfirmed(plan),
    next: plan.next,
  });
  context.progress.say(`${input.facts.machine} is back with the new system`);
  return { system: plan.system, generation: Number(told.get("generation")), fileSystems: fileSystems(told) };
}

/**
 * Restarts the machine into the plan's system. Unless it is confirmed, the machine goes back by itself (vps.goBack).
 *
 * @param generation the plan's system is this one already; by default it becomes a new one
 * @throws StepError when the machine does not come back
 */
export async function bootInto(change: Change, generation?: number): Promise<Contact> {
  const { context, contact, plan } = change;
  context.progress.phase("making the new system the one that boots");
  const told = await runScript(context, contact.connection, {
    script: "bootNew",
    args: [plan.system, ...(generation === undefined ? [] : [generation])],
    limitMs: 10 * MINUTE,
    relay: "machine",
    state: "The machine runs its former system.",
    next: plan.next,
  });

  context.progress.phase("restarting");
  // The answer may get lost with the connection: what counts is the next boot.
  await callScript(context, contact.connection, { script: "reboot", limitMs: MINUTE });
  return rebooted(change, told.get("once") === "yes");
}

/** What happens to a machine that booted an unconfirmed system, in words. */
export function unconfirmed({ system }: Plan): string {
  return `The machine runs ${system}, unconfirmed: it goes back to its former system by itself (vps.goBack).`;
}

/** @param once whether the boot loader takes the former system again from the next start on, whatever becomes of this one */
function rebooted({ context, connections, contact, input, plan }: Change, once: boolean): Promise<Contact> {
  return awaitMachine(context, connections, {
    accept: ["nixos"],
    first: "final",
    notBoot: contact.bootId,
    waitingFor: `${input.facts.machine} to come back`,
    limitMs: BOOT_MINUTES * MINUTE,
    state:
      "The machine was restarted into the new system and does not answer. If that system started at all, it goes back to the former one " +
      `by itself ${bootMinutes(plan)} minutes after its start (vps.goBack).`,
    next: once
      ? `If it stays away: reset the server in the Hetzner console, which boots the former system. ${plan.next}`
      : `If it stays away: open the server's console in the Hetzner console and choose the former generation in the boot menu. ${plan.next}`,
  });
}

/**
 * Waits until the boot is over and the machine well.
 *
 * @returns what is wrong with it otherwise
 */
export async function unwell({ context, plan }: Change, { connection, system }: Contact): Promise<string | undefined> {
  if (system !== plan.system)
    return `it did not come up (its kernel or initrd gave up, or another entry of the boot menu was chosen), and the machine booted ${system} instead`;
  let why: string | undefined;
  await poll(SETTLING_LIMIT_MS, async () => {
    const answer = await callScript(context, connection, { script: "health", limitMs: healthCallMs(plan) });
    if (answer.timedOut) why = noEnd(plan);
    else if (answer.code !== 0) why = `no new connection: ${answer.unreached ?? answer.stderr.trim()}`;
    else {
      const told = parseResults(answer.stdout.toString("utf8"));
      const sick = [...told.all("sick"), ...(BOOTING.has(told.get("running")) ? ["its boot has not ended"] : [])];
      why = sick.length === 0 ? undefined : sick.join("; ");
    }
    return why === undefined ? true : undefined;
  });
  return why;
}

export async function sendBack({ context, input, plan }: Change, { connection }: Contact, why: string): Promise<StepError> {
  context.progress.phase("going back to the former system");
  const answer = await callScript(context, connection, { script: "bootFormer", limitMs: 10 * MINUTE, relay: "machine" });
  const told = parseResults(answer.stdout.toString("utf8"));
  const goes = told.get("runs") === "" ? "The machine restarts into its former system." : "The machine runs its former system.";
  return new StepError({
    what: `${plan.called} of ${input.facts.machine} was not confirmed after the restart: ${why}.`,
    state:
      answer.code === 0 ? goes : "The machine could not be sent back now. If it runs the new system, it goes back by itself (vps.goBack).",
    next: plan.next,
  });
}
