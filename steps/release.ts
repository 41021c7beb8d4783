// release: sees that nothing uses a volume any more, so that it can leave the server. It ends well only when that is certain.
// It runs with the inputs recorded last: the server may be gone, the token revoked, the machine dead.
import type { StepContext } from "./context";
import type { StepInput, StepOutput } from "./documents";
import { warnOfDrift } from "./system/drift";
import { encryptedName } from "./volumes/encryptedVolumes";
import { HetznerError, type HetznerServer } from "./cloud/hetzner";
import { machineLabels } from "./labels";
import { powerDown } from "./power/powerDown";
import { askCloud, type Cloud, reachMachine } from "./cloud/reachServer";
import { runScript } from "./ssh/remote";
import { StepError } from "./stepError";

const MINUTE = 60_000;

const LEFT = {
  rolledBack: "a next server is installed with what the program says",
  unknown: "A next server is installed with what the program says, and not with that",
};

type Input = StepInput<"release">;
type How = StepOutput<"release">["how"];

/** @throws StepError when it cannot be made certain that nothing uses the volume, or when somebody else's server has it */
export async function release(input: Input, context: StepContext): Promise<StepOutput<"release">> {
  context.progress.phase(`releasing the volume ${input.volume.name}`);
  const cloud = await askCloud(input, context);
  const found = cloud ? await whereItIs(cloud, input) : input;
  if (typeof found === "string") return { volume: input.volume.id, how: found };
  if (found.server.id !== input.server.id)
    context.progress.warn(`the volume ${input.volume.name} is attached to ${found.server.name}, another server of ${input.machine}`);
  return { volume: input.volume.id, how: await endUse(found, context, cloud) };
}

async function endUse(input: Input, context: StepContext, cloud: Cloud | undefined): Promise<How> {
  const { volume } = input;
  const contact = await reachMachine(input, context);
  const end = { input, context, api: cloud?.api, contact, volumes: [volume] };
  if (!contact) return powerDown(end);

  await warnOfDrift(context, contact, LEFT);
  const told = await runScript(context, contact.connection, {
    script: "releaseVolume",
    args: [volume.device, volume.mountPoint, ...encryptedName(volume)],
    limitMs: 10 * MINUTE,
    relay: "machine",
    state: `The volume ${volume.name} may still be in use on ${input.server.name}; it was not detached.`,
    next: "Run the same command again. If the server cannot be reached at all, power it off in the Hetzner console first.",
  });
  const [use = "", ...why] = told.get("use").split(" ");
  if (told.get("device") === "missing" && !cloud) {
    throw holderUnknown(input, `${input.server.name} does not have it, and the Hetzner API cannot be asked`);
  }
  if (use === "none") return "unused";
  if (use === "ended") return "unmounted";
  // Nobody would power it on again: what happens to its server after this is nothing.
  if (told.get("removed") === "yes") throw stillHeld(input, why.join(" "));
  context.progress.say(`the machine has to be shut down: ${why.join(" ")}`);
  return powerDown(end);
}

/**
 * Hetzner's provider detaches a volume from whatever server has it, one of a stranger's that has it mounted as well (seen): so what
 * counts here is where the volume is, and not where Pulumi's state believes it to be.
 *
 * @returns how it is settled already, or with which server the use of the volume has to be ended
 * @throws StepError when a server has it that is not the machine's, or it is not known which one has it
 */
async function whereItIs(cloud: Cloud, input: Input): Promise<How | Input> {
  try {
    const disk = await cloud.api.volume(input.volume.id);
    if (!disk) return "gone";
    if (disk.server === null) return cloud.server ? "unused" : "gone";
    const holder = disk.server === input.server.id ? cloud.server : await cloud.api.server(disk.server);
    if (!holder) return "gone";
    if (holder.id !== input.server.id && !isOfMachine(holder, input)) throw strangersNow(input, holder);
    return holder.status === "off"
      ? "unused"
      : { ...input, server: { id: holder.id, name: holder.name }, address: addressOf(holder, input) };
  } catch (error) {
    if (!(error instanceof HetznerError)) throw error;
    // The machine cannot settle it: what it does not have may be in use on another server.
    throw holderUnknown(input, error.message);
  }
}

/** After an older state was put back, the machine's server is one that the state does not know. Its host key has to answer as well. */
function isOfMachine(server: HetznerServer, { stack, machine }: Input): boolean {
  return Object.entries(machineLabels(stack, machine)).every(([label, value]) => server.labels[label] === value);
}

function addressOf(server: HetznerServer, input: Input): string {
  if (server.id === input.server.id) return input.address;
  const { ipv4, ipv6 } = server.public_net;
  return ipv4?.ip ?? ipv6?.ip.replace(/::\/64$/, "::1") ?? "";
}

function stillHeld({ machine, volume }: Input, why: string): StepError {
  return new StepError({
    what: `The system that runs on ${machine} does not mount the volume ${volume.name} any more, but something there still has it: ${why}.`,
    state: "The volume was not detached, and the machine was not shut down; people's sessions on it may have been ended.",
    next: `End what has it (restart the container or service), or restart ${machine} when that suits you, which ends it as well. Then run the same command again.`,
  });
}

function holderUnknown({ volume }: Input, why: string): StepError {
  return new StepError({
    what: `Which server has the volume ${volume.name} is not known: ${why}.`,
    state: "Nothing was changed.",
    next: "Run the same command again, with a token that is good in HCLOUD_TOKEN where the one that was recorded is not any more.",
  });
}

function strangersNow({ machine, volume }: Input, holder: HetznerServer): StepError {
  return new StepError({
    what: `The volume ${volume.name} of ${machine} is attached to ${holder.name} (server ${holder.id}), which is not a server of ${machine} and may be using it.`,
    state: "The volume was left there: nothing was unmounted or detached.",
    next: `If ${holder.name} does not need it, shut that server down and detach the volume in Hetzner's console. Then run the same command again.`,
  });
}
