// switch: brings a running machine to a new system. What is not confirmed over a new connection is undone by the machine itself.
import { join, resolve } from "node:path";
import type { StepContext } from "./context";
import { documents, type StepInput, type StepOutput } from "./documents";
import { makeFlakeFolder } from "./flakeFolder";
import { sendFlake } from "./sendFlake";
import { openConnections } from "./ssh/connections";
import { awaitMachine } from "./ssh/contact";
import { runScript, type ScriptResults } from "./ssh/remote";
import { StepError } from "./stepError";
import { activateConfirmed } from "./switchActive";
import { bootConfirmed } from "./switchBoot";

const MINUTE = 60_000;
const UNCHANGED = { state: "The machine runs its former system; nothing was changed.", next: "Mend it, then run `pulumi up` again." };

/** What a build says about the way from the running system to the new one. */
export interface Plan {
  system: string;
  /** Why the change needs a boot; empty when it can be made live. */
  boot: string[];
}

/** @throws StepError when the new system cannot be built, or is not confirmed */
export async function switchSystem(input: StepInput<"switch">, context: StepContext): Promise<StepOutput<"switch">> {
  const { facts } = input;
  const { port } = input.ssh;
  const { progress } = context;
  const connections = await openConnections(input, context, portBefore());
  const contact = await awaitMachine(context, connections, {
    accept: ["nixos"],
    first: "final",
    waitingFor: `${facts.machine} at ${input.address} port ${input.ssh.port}`,
    limitMs: 5 * MINUTE,
    state: "Nothing was changed.",
    next: "See in the Hetzner console whether the server runs, then run `pulumi up` again.",
  });

  progress.phase("building the system on the machine");
  const flake = join(context.workspace, "flake");
  makeFlakeFolder(resolve(context.project, input.flake), facts, flake);
  await sendFlake(context, contact.connection, flake, UNCHANGED);
  const built = await runScript(context, contact.connection, {
    script: "build",
    args: [facts.machine],
    relay: "build",
    limitMs: 120 * MINUTE,
    ...UNCHANGED,
  });
  warnOfUnknownSystem(context, built);

  const system = built.get("new");
  if (system === built.get("active") && system === built.get("default") && built.get("armed") === "" && system === built.get("last")) {
    progress.say("the machine runs this system already: nothing to do");
    return { system, generation: Number(built.get("generation")), changed: false, rebooted: false, port };
  }
  refuseToMoveStore(built);

  const plan: Plan = { system, boot: [...built.all("boot"), ...built.all("moved")] };
  const change = { input, context, connections, contact, plan };
  if (plan.boot.length > 0) {
    progress.say(`this needs a restart: ${plan.boot.join(", ")}`);
    return { ...(await bootConfirmed(change)), changed: true, rebooted: true, port };
  }
  return { ...(await activateConfirmed(change)), changed: true, rebooted: false, port };
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

function warnOfUnknownSystem({ progress }: StepContext, built: ScriptResults): void {
  const [active, last] = [built.get("active"), built.get("last")];
  if (last !== "" && active !== last && active !== built.get("new")) {
    progress.warn(
      `the machine runs a system that this program did not make (${active}; the last one made was ${last}). It is replaced now; it stays in the boot menu`,
    );
  }
}

/** The running system stands on the store: a boot with another one needs an installation, which is what recreating does. */
function refuseToMoveStore(built: ScriptResults): void {
  const moved = built.all("moved").find((change) => /^\/nix(\/store)? /.test(change));
  if (moved === undefined) return;
  throw new StepError({
    what: `The new configuration takes the store elsewhere (${moved}), which cannot be done on a running machine.`,
    state: UNCHANGED.state,
    next: "Recreate the machine (raise its `recreate` counter): its new server is installed with the new layout. Or take the change of the volumes back.",
  });
}
