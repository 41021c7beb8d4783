// switch: brings a running machine to a new system. What is not confirmed over a new connection is undone by the machine itself.
import { join, resolve } from "node:path";
import type { StepContext } from "./context";
import { letInByFormerPort } from "./cloud/formerPort";
import { documents, type StepInput, type StepOutput } from "./documents";
import { driftIn } from "./system/drift";
import { keepKeys } from "./volumes/encryptedVolumes";
import { flakeHash, makeFlakeFolder, systemHash } from "./system/flakeFolder";
import { sendFlake } from "./system/sendFlake";
import { openConnections } from "./ssh/connections";
import { awaitMachine, type Contact } from "./ssh/contact";
import { runScript, type ScriptResults } from "./ssh/remote";
import { StepError } from "./stepError";
import { activateConfirmed } from "./system/switchActive";
import { bootConfirmed } from "./system/switchBoot";
import { fileSystemsByName, type Verified, verifySystem } from "./system/verifySystem";
import { wakeUp } from "./cloud/wakeUp";
import { allowMount } from "./volumes/allowMount";

const MINUTE = 60_000;
const MEND = "Mend the configuration, then run `pulumi up` again. `journalctl -u nixos-vps-switch` on the machine tells what happened.";
const UNCHANGED = { state: "The machine runs its former system; nothing was changed.", next: "Mend it, then run `pulumi up` again." };

const REPLACED = {
  rolledBack: "going forward to what the program says",
  unknown: "It is replaced now; as long as it is a generation it stays in the boot menu",
};

/** A system that was confirmed, and what the machine has on its volumes with it. */
export type Confirmed = Omit<Verified, "confirmed">;

/** What a build says about the way from the running system to the new one. */
export interface Plan {
  system: string;
  /** Hash of the flake and facts that it is made from. */
  reason: string;
  /** Why the change needs a boot; empty when it can be made live. */
  boot: string[];
  /** Seconds that the system's own health checks may take together (health_seconds in shared.sh). */
  health: number;
  /** What reports call it, e.g. `The new system`. */
  called: string;
  /** What to do when it is not confirmed. */
  next: string;
}

/** @throws StepError when the new system cannot be built, or is not confirmed */
export async function switchSystem(input: StepInput<"switch">, context: StepContext): Promise<StepOutput<"switch">> {
  const formerPort = portBefore();
  const shutFormerPort = await letInByFormerPort(input, context, formerPort);
  const output = await bringTo(input, context, formerPort);
  await shutFormerPort();
  return output;
}

async function bringTo(input: StepInput<"switch">, context: StepContext, formerPort: number | undefined): Promise<StepOutput<"switch">> {
  const { facts } = input;
  const { port } = input.ssh;
  const { progress } = context;
  const connections = await openConnections(input, context, { formerPort });
  const contact = await awaitMachine(context, connections, {
    accept: ["nixos"],
    first: "final",
    waitingFor: `${facts.machine} at ${input.address} port ${input.ssh.port}`,
    limitMs: 5 * MINUTE,
    whenSilent: wakeUp(input, context),
    state: "Nothing was changed.",
    next: "See in the Hetzner console whether the server runs, then run `pulumi up` again.",
  });

  await keepKeys(context, contact.connection, input, UNCHANGED);
  const source = resolve(context.project, input.flake);
  const reason = systemHash(flakeHash(source), facts);
  const before = await runScript(context, contact.connection, { script: "state", limitMs: MINUTE, ...UNCHANGED });
  const unchanged = { generation: Number(before.get("generation")), changed: false, rebooted: false, port };
  if (before.all("masked").length > 0) {
    for (const volume of facts.storage.volumes) await allowMount(context, contact.connection, volume, UNCHANGED);
  }
  const drift = driftIn(before, REPLACED);
  if (drift !== undefined) progress.warn(drift);
  // Evaluation is pure: the same flake is the same system, and need not be built to be known. A boot that waits for its confirmation gets it
  // below: until then the machine goes back from it by itself.
  if (runsAsMade(before, before.get("last")) && before.get("lastFlake") === reason && before.get("unconfirmed") === "")
    return nothingToDo({ input, context, contact, reason }, before, unchanged);

  progress.phase("building the system on the machine");
  const flake = join(context.workspace, "flake");
  makeFlakeFolder(source, facts, flake);
  await sendFlake(context, contact.connection, flake, UNCHANGED);
  const built = await runScript(context, contact.connection, {
    script: "build",
    args: [facts.machine],
    relay: "build",
    limitMs: 120 * MINUTE,
    ...UNCHANGED,
  });
  const system = built.get("new");
  if (runsAsMade(before, system)) {
    await runScript(context, contact.connection, { script: "confirmBoot", args: [system, reason], limitMs: 5 * MINUTE, ...UNCHANGED });
    return nothingToDo({ input, context, contact, reason }, before, unchanged);
  }
  refuseToMoveStore(built);

  const plan: Plan = {
    system,
    reason,
    boot: [...built.all("boot"), ...built.all("moved")],
    health: Number(built.get("health")),
    called: "The new system",
    next: MEND,
  };
  const change = { input, context, connections, contact, plan };
  if (plan.boot.length > 0) {
    progress.say(`this needs a restart: ${plan.boot.join(", ")}`);
    return { ...answerOf(input, await bootConfirmed(change)), changed: true, rebooted: true, port };
  }
  return { ...answerOf(input, await activateConfirmed(change)), changed: true, rebooted: false, port };
}

function answerOf(
  { facts }: StepInput<"switch">,
  { fileSystems, ...confirmed }: Confirmed,
): Pick<StepOutput<"switch">, "system" | "generation" | "fileSystems"> {
  return { ...confirmed, fileSystems: fileSystemsByName(facts, fileSystems) };
}

/** Pulumi hands a command its previous answer: the port in it is where the machine listens until it is told otherwise. */
function portBefore(): number | undefined {
  try {
    const before = documents.switch.output.partial().safeParse(JSON.parse(process.env.PULUMI_COMMAND_STDOUT ?? ""));
    return before.data?.port;
  } catch {
    return undefined;
  }
}

/** Whether this system is active, boots by default, is the last one that was made here, and no switch waits for its confirmation. */
function runsAsMade(now: ScriptResults, system: string): boolean {
  return [now.get("active"), now.get("default"), now.get("last")].every((path) => path === system) && now.get("armed") === "";
}

/** The machine is looked at all the same: it may have been rescaled, or have come up without one of its volumes. */
async function nothingToDo(
  { input, context, contact, reason }: { input: StepInput<"switch">; context: StepContext; contact: Contact; reason: string },
  now: ScriptResults,
  unchanged: Omit<StepOutput<"switch">, "system">,
): Promise<StepOutput<"switch">> {
  const trouble = {
    state: "The system is the one that was last made; nothing was changed by this.",
    next: "Mend what is said, on the machine or in the Hetzner console, then run `pulumi up` again.",
  };
  const { fileSystems } = await verifySystem(context, contact.connection, input.facts, trouble, reason);
  context.progress.say("the machine runs this system already: nothing to do");
  return { system: now.get("active"), ...unchanged, fileSystems: fileSystemsByName(input.facts, fileSystems) };
}

/** The running system stands on the store: a boot with another one needs an installation, which is what recreating does. */
function refuseToMoveStore(built: ScriptResults): void {
  const moved = built.get("store");
  if (moved === "") return;
  throw new StepError({
    what: `The new configuration takes the store elsewhere (${moved}), which cannot be done on a running machine.`,
    state: UNCHANGED.state,
    next: "Recreate the machine (raise its `recreate` counter): its new server is installed with the new layout. Or take the change of the volumes back.",
  });
}
