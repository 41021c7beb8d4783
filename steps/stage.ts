// stage: makes a new server ready while the old one still serves. At the end the installer runs with the root disk partitioned and mounted;
// where no volume carries the store, NixOS is installed and runs; where one does, the system lies on it, brought there by the old server.
import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import type { StepContext } from "./context";
import type { StepInput, StepOutput } from "./documents";
import { provePassphrases } from "./volumes/encryptedVolumes";
import { type Facts, facts as factsShape, fileSystemDevice, type HardwareFacts, hardwareFacts, storeOnVolume } from "./facts";
import { factsText, makeFlakeFolder } from "./system/flakeFolder";
import { awaitInstalled, installSystem } from "./installation/installSystem";
import { proveWhileServing } from "./volumes/knownVolumes";
import { runNixosAnywhere } from "./nixosAnywhere/run";
import { backToCloudImage, wantsReinstall } from "./installation/reinstall";
import { type Connection, type Connections, openConnections } from "./ssh/connections";
import { awaitMachine, type Contact } from "./ssh/contact";
import { runScript, type ScriptResults } from "./ssh/remote";
import { becauseLost, withContact } from "./ssh/withContact";
import { unfitness } from "./installation/stageChecks";
import { StepError } from "./stepError";
import { prepareStore } from "./volumes/storePrepare";
import { poll } from "./waiting";
import { wakeUp } from "./cloud/wakeUp";

const MINUTE = 60_000;
const AGAIN = "Run `pulumi up` again: it goes on from here. If it stays like this, recreate the machine.";
const MEND = "Mend the configuration, or what the build says, then run `pulumi up` again: it goes on from here.";
const SERVES = { state: "The machine goes on serving.", next: "Then run `pulumi up` again." };
const STILL_SERVES = "Nothing was taken from the machine's volumes; where it is being recreated, its former server still serves.";

/** @throws StepError in words for everything that was foreseen */
export async function stage(input: StepInput<"stage">, context: StepContext): Promise<StepOutput<"stage">> {
  const { progress } = context;
  const connections = await openConnections(input, context);
  const installsNow = !storeOnVolume(input.facts);

  const find = (): Promise<Contact> => {
    progress.phase("first contact");
    return awaitMachine(context, connections, {
      accept: ["cloud image", "installer", "nixos"],
      waitingFor: `the first answer of ${input.server.name} at ${input.address}`,
      limitMs: 10 * MINUTE,
      whenSilent: wakeUp(input, context),
      state: `The server ${input.server.name} exists; nothing was changed on it. ${STILL_SERVES}`,
      next: `Look at the server's console in the Hetzner console: did it boot? ${AGAIN}`,
    });
  };
  // A restart or a kexec that a killed run has ordered may come at any moment.
  const { contact, facts, flake } = await withContact(context, find, async (found) => prepare(input, context, connections, found));
  const { hardware } = facts;
  if (contact.stage === "nixos") return { hardware, installed: installsNow };
  if (installsNow) await awaitInstalled({ input, connections, contact, context, state: STILL_SERVES, next: AGAIN });
  else await prepareStore({ input, facts, flake }, context, { state: `${input.server.name} is staged. ${STILL_SERVES}`, next: MEND });
  return { hardware, installed: installsNow };
}

interface Prepared {
  /** The running NixOS where that had been installed before, else the installer that has done its work. */
  contact: Contact;
  facts: Facts;
  /** Folder of the machine's flake. */
  flake: string;
}

/** Everything up to the installation, which is begun where it belongs to the stage. */
async function prepare(input: StepInput<"stage">, context: StepContext, connections: Connections, found: Contact): Promise<Prepared> {
  const { progress } = context;
  let contact = found;
  progress.say(`the ${contact.stage} answers with the expected host key`);
  if (contact.stage === "cloud image") await awaitCloudInit(context, contact.connection);

  const flake = join(context.workspace, "flake");
  let hardware = await readHardware(context, contact.connection, input);
  let facts = factsShape.parse({ ...input.facts, hardware });
  if (contact.stage === "nixos") {
    const running = { input, context, connections, contact };
    if (!(await wantsReinstall(running))) {
      progress.say("NixOS is installed already: nothing to do");
      return { contact, facts, flake };
    }
    await provePassphrases(input, context, SERVES, contact);
    await proveWhileServing(input, context, SERVES, contact);
    contact = await backToCloudImage({ ...running, facts });
    await awaitCloudInit(context, contact.connection);
    hardware = await readHardware(context, contact.connection, input);
    facts = factsShape.parse({ ...input.facts, hardware });
  }

  await provePassphrases(input, context, SERVES);
  await proveWhileServing(input, context, SERVES);
  makeFlakeFolder(resolve(context.project, input.flake), facts, flake);
  if (contact.stage === "cloud image") contact = await bootInstaller(input, context, connections, flake);
  await partition({ input, context, connections, contact, facts, flake });
  if (!storeOnVolume(facts)) await installSystem({ input, facts, flake, connections, contact, context, state: STILL_SERVES, next: AGAIN });
  return { contact, facts, flake };
}

/** cloud-init may install packages or restart the network, and kexec would cut it off half-way. */
async function awaitCloudInit(context: StepContext, connection: Connection): Promise<void> {
  const status = await poll(5 * MINUTE, async () => {
    const told = await runScript(context, connection, { script: "cloudInit", limitMs: MINUTE, state: STILL_SERVES, next: AGAIN });
    return told.get("cloudInit") === "running" ? undefined : told.get("cloudInit");
  });
  if (status === "done") return;
  const how = status === undefined ? "has not finished in time" : "reports errors";
  context.progress.warn(`cloud-init ${how} (cloud-init status --long on the server says more); going on, because only ssh is needed`);
}

async function readHardware(context: StepContext, connection: Connection, input: StepInput<"stage">): Promise<HardwareFacts> {
  context.progress.phase("reading the hardware facts");
  const told = await runScript(context, connection, { script: "hardware", limitMs: MINUTE, state: STILL_SERVES, next: AGAIN });
  const { ipv4, ipv6 } = input.facts.network;
  const found = hardwareFacts.safeParse({
    rootDisk: told.get("rootDisk"),
    firmware: told.get("firmware"),
    mac: ipv4 === null && ipv6 === null ? null : told.get("mac") || null,
  });
  if (!found.success) {
    throw new StepError({
      what: `The server's hardware facts make no sense: ${found.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ")}`,
      state: STILL_SERVES,
      next: AGAIN,
    });
  }
  refuseUnfit(told, found.data, input);
  context.progress.say(`root disk ${found.data.rootDisk}, firmware ${found.data.firmware}`);
  return found.data;
}

function refuseUnfit(told: ScriptResults, hardware: HardwareFacts, { facts, server }: StepInput<"stage">): void {
  const capacity = { arch: told.get("arch"), memoryMiB: Number(told.get("memoryMiB")), rootDiskMiB: Number(told.get("rootDiskMiB")) };
  const wrong = unfitness(capacity, hardware.firmware, facts);
  if (wrong.length === 0) return;
  throw new StepError({
    what: `${server.name} cannot become ${facts.machine}: ${wrong.join("; ")}.`,
    state: `Nothing was changed on ${server.name}. ${STILL_SERVES}`,
    next: "Change the machine's configuration, then run `pulumi up` again.",
  });
}

async function bootInstaller(input: StepInput<"stage">, context: StepContext, connections: Connections, flake: string): Promise<Contact> {
  context.progress.phase("starting the NixOS installer (kexec)");
  const state = `${input.server.name} may run the cloud image or the installer; its disk is as it was. ${STILL_SERVES}`;
  let failure: unknown;
  try {
    await runNixosAnywhere(context, {
      phases: ["kexec"],
      connection: connections.bootstrap,
      machine: input.machine,
      flake,
      limitMs: 20 * MINUTE,
      state,
      next: AGAIN,
    });
  } catch (error) {
    // An earlier kexec, cut off on our side, may have taken the machine away under this one.
    failure = error;
    context.progress.say("nixos-anywhere did not get through; looking whether the installer comes up all the same");
  }
  try {
    return await awaitMachine(context, connections, {
      accept: ["installer"],
      waitingFor: "the installer",
      limitMs: failure === undefined ? 5 * MINUTE : MINUTE,
      state,
      next: `kexec does not work on every image and server type (e.g. ubuntu-26.04 on cx23): use debian-13. ${AGAIN}`,
    });
  } catch (error) {
    throw failure ?? error;
  }
}

interface Partitioning extends Prepared {
  input: StepInput<"stage">;
  context: StepContext;
  connections: Connections;
}

/** Partitions the root disk, unless that was done for the same facts since the installer started. */
async function partition({ input, context, connections, contact, facts, flake }: Partitioning): Promise<void> {
  const { connection } = contact;
  context.progress.phase("partitioning the root disk");
  const { rootFileSystem, rootEncrypted } = facts.storage;
  const digest = createHash("sha256")
    .update(factsText({ ...facts, storage: { rootFileSystem, rootEncrypted, volumes: [] } }))
    // The script that partitions brings what encrypted volumes are opened with.
    .update(facts.storage.volumes.some((volume) => volume.encrypted) ? "cryptsetup" : "")
    .digest("hex");
  const call = { limitMs: 6 * MINUTE, state: STILL_SERVES, next: AGAIN };
  const asked = await runScript(context, connection, { ...call, script: "staged", args: ["ask", digest] });
  if (asked.get("staged") === "yes") {
    context.progress.say("done already, since the installer was started");
    return;
  }
  await runScript(context, connection, {
    ...call,
    script: "proveInstaller",
    args: [facts.hardware.rootDisk, ...facts.storage.volumes.flatMap((volume) => [...new Set([volume.device, fileSystemDevice(volume)])])],
  });
  await runNixosAnywhere(context, {
    phases: ["disko"],
    connection,
    machine: input.machine,
    flake,
    limitMs: 30 * MINUTE,
    state: `The root disk of ${input.server.name} may be half partitioned; there is nothing on it. ${STILL_SERVES}`,
    next: AGAIN,
  }).catch(async (failure: unknown) => {
    throw await becauseLost(context, connections, contact, failure);
  });
  await runScript(context, connection, { ...call, script: "staged", args: ["mark", digest] });
}
