// lease: the machine's right to use a volume begins when the volume's device is there. What a release withheld is given back.
import type { StepContext } from "./context";
import type { StepInput, StepOutput } from "./documents";
import { allowMount } from "./volumes/allowMount";
import { protectVolume } from "./volumes/protectVolume";
import { openConnections } from "./ssh/connections";
import { awaitMachine } from "./ssh/contact";
import { runScript } from "./ssh/remote";
import { StepError } from "./stepError";
import { wakeUp } from "./cloud/wakeUp";
import { poll } from "./waiting";

const MINUTE = 60_000;

/** @throws StepError when the device does not show up */
export async function lease(input: StepInput<"lease">, context: StepContext): Promise<StepOutput<"lease">> {
  const { volume } = input;
  const state = `The volume ${volume.name} is attached to ${input.server.name}, which does not use it yet.`;
  const next = "Run `pulumi up` again. If it stays like this, detach and attach the volume in the Hetzner console.";
  const silent =
    "Look at the server's console in the Hetzner console. If it was restarted after it was staged, it has nothing to boot: recreate the machine " +
    "(raise its `recreate` counter). Else run `pulumi up` again.";
  const connections = await openConnections(input, context);
  context.progress.phase(`looking for the volume ${volume.name}`);
  const contact = await awaitMachine(context, connections, {
    accept: ["installer", "nixos"],
    waitingFor: `${input.server.name} at ${input.address}`,
    limitMs: 5 * MINUTE,
    whenSilent: wakeUp(input, context),
    state,
    next: silent,
  });
  const there = await poll(MINUTE, async () => {
    const told = await runScript(context, contact.connection, { script: "device", args: [volume.device], limitMs: MINUTE, state, next });
    return told.get("device") === "there" ? true : undefined;
  });
  if (!there)
    throw new StepError({ what: `The volume ${volume.name} does not show up on ${input.server.name} as ${volume.device}.`, state, next });
  if (contact.stage === "nixos") await allowMount(context, contact.connection, volume, { state, next });
  await protectVolume(input, context);
  return { volume: volume.id, device: volume.device, size: input.size };
}
