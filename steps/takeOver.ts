// takeOver: the volumes have moved to the staged server; it becomes the machine. With the store on a volume the installation is finished on
// it; else NixOS runs already and mounts them now.
import { join, resolve } from "node:path";
import type { StepContext } from "./context";
import type { StepInput, StepOutput } from "./documents";
import { openVolume } from "./volumes/encryptedVolumes";
import { fileSystemDevice, storeOnVolume } from "./facts";
import { flakeHash, makeFlakeFolder, systemHash } from "./system/flakeFolder";
import { awaitInstalled, installSystem } from "./installation/installSystem";
import { proveKnown } from "./volumes/knownVolumes";
import { type Connection, openConnections } from "./ssh/connections";
import { awaitMachine, type Contact } from "./ssh/contact";
import { runScript } from "./ssh/remote";
import { withContact } from "./ssh/withContact";
import { StepError } from "./stepError";
import { storeFolder, verifySystem } from "./system/verifySystem";
import { howToForget, type Memories, recall, remember } from "./volumes/volumeMemory";
import { wakeUp } from "./cloud/wakeUp";

const MINUTE = 60_000;
const STATE = "The machine's volumes belong to its new server and keep their data; the machine does not serve at the moment.";
const NEXT = "Run `pulumi up` again: it goes on from here.";

/** @throws StepError in words for everything that was foreseen */
export async function takeOver(input: StepInput<"takeOver">, context: StepContext): Promise<StepOutput<"takeOver">> {
  const { facts } = input;
  const connections = await openConnections(input, context);
  const onVolume = storeOnVolume(facts);
  const source = resolve(context.project, input.flake);
  const reason = systemHash(flakeHash(source), facts);

  const memories = await recall(input, context.progress);
  const find = (): Promise<Contact> => {
    context.progress.phase("looking for the staged server");
    return awaitMachine(context, connections, {
      accept: ["cloud image", "installer", "nixos"],
      first: onVolume ? "bootstrap" : "final",
      waitingFor: `${input.server.name} at ${input.address}`,
      limitMs: 10 * MINUTE,
      whenSilent: wakeUp(input, context),
      state: STATE,
      next: `Look at the server's console in the Hetzner console. If it was restarted after it was staged, it has nothing to boot: recreate the machine. ${NEXT}`,
    });
  };
  // A restart that a killed run has ordered may come at any moment before the installation.
  let contact = await withContact(context, find, async (found) => {
    if (found.stage === "cloud image") throw notStaged(input);
    if (found.stage === "nixos") return found;
    const flake = join(context.workspace, "flake");
    makeFlakeFolder(source, facts, flake);
    if (onVolume) await mountVolumes(context, found.connection, input, memories);
    const prepared = onVolume ? await preparedSystem(context, found.connection, reason) : undefined;
    await installSystem({ input, facts, flake, connections, contact: found, context, prepared, state: STATE, next: NEXT });
    return found;
  });
  if (contact.stage === "nixos") context.progress.say("NixOS is installed already");
  else contact = await awaitInstalled({ input, connections, contact, context, state: STATE, next: NEXT });
  if (!onVolume) await mountNow(context, contact, input, memories);

  const { fileSystems, confirmed, ...verified } = await verifySystem(
    context,
    contact.connection,
    facts,
    { state: STATE, next: NEXT },
    reason,
  );
  const noted = [verified.system, ...(confirmed ? ["confirmed"] : [])];
  await runScript(context, contact.connection, { script: "remember", args: noted, limitMs: MINUTE, state: STATE, next: NEXT });
  remember(input, memories, fileSystems);
  return verified;
}

function notStaged({ server }: StepInput<"takeOver">): StepError {
  return new StepError({
    what: `${server.name} runs its cloud image again: it was rebuilt or restarted after it had been staged.`,
    state: STATE,
    next: "Recreate the machine (raise its `recreate` counter) and run `pulumi up`: a new server is staged and takes the volumes over.",
  });
}

/** Outer mount points first: `/nix` may lie on the volume of `/home`. */
async function mountVolumes(context: StepContext, connection: Connection, input: StepInput<"takeOver">, memories: Memories): Promise<void> {
  context.progress.phase("checking and mounting the volumes");
  const volumes = [...input.facts.storage.volumes].sort((a, b) => a.mountPoint.length - b.mountPoint.length);
  for (const volume of volumes) {
    if (volume.encrypted) await openVolume(context, connection, input, volume, { state: STATE, next: NEXT });
    const known = memories.get(volume.id)?.fileSystem;
    await runScript(context, connection, {
      script: "mountForInstall",
      args: [fileSystemDevice(volume), volume.mountPoint, storeFolder(volume), known ?? ""],
      limitMs: 30 * MINUTE,
      state: STATE,
      next: known === undefined ? NEXT : `${NEXT} ${howToForget(volume)}`,
    });
    context.progress.say(`volume ${volume.name} is sound and mounted for ${volume.mountPoint}`);
  }
  const told = await runScript(context, connection, { script: "pruneGenerations", limitMs: 6 * MINUTE, state: STATE, next: NEXT });
  const pruned = Number(told.get("pruned"));
  if (pruned > 0)
    context.progress.say(
      `took ${pruned} generations of former servers out of the boot menu; their store paths stay until this one is confirmed`,
    );
}

/** The system as stage had it built onto the volume, if it was this one. */
async function preparedSystem(context: StepContext, connection: Connection, reason: string): Promise<string | undefined> {
  const call = { script: "preparedSystem", args: [reason], limitMs: 5 * MINUTE };
  const told = await runScript(context, connection, { ...call, state: STATE, next: NEXT });
  const system = told.get("prepared") || undefined;
  context.progress.say(
    system === undefined ? "the system is not on the volume yet: it is brought there now" : "the system is on the volume",
  );
  return system;
}

async function mountNow(context: StepContext, contact: Contact, input: StepInput<"takeOver">, memories: Memories): Promise<void> {
  const { facts } = input;
  for (const volume of facts.storage.volumes) {
    if (volume.encrypted) await openVolume(context, contact.connection, input, volume, { state: STATE, next: NEXT });
    await proveKnown(context, { connection: contact.connection, volume, memories, serving: false }, { state: STATE, next: NEXT });
  }
  const { volumes } = facts.storage;
  if (volumes.length > 0) context.progress.phase(`mounting ${volumes.map(({ mountPoint }) => mountPoint).join(", ")}`);
  // Also where there is none any more: the installed system is told that it may mount the ones that come later.
  const args = volumes.flatMap((volume) => [volume.mountPoint, fileSystemDevice(volume)]);
  await runScript(context, contact.connection, { script: "mountNow", args, limitMs: 10 * MINUTE, state: STATE, next: NEXT });
}
