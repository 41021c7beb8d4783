// reinstall: what stage does with a running NixOS whose `reinstall` counter was raised. The server gets its cloud image back and is then
// staged like a new one; server, address, price and volumes stay.
//
// It goes by Hetzner's `rebuild` and not by kexec from the running NixOS, which would be faster: kexec jumps into the installer without a
// shutdown, so that volumes would be cut off while they are mounted, and the one that carries the store cannot be unmounted before. After a
// clean power-off nothing is mounted anywhere, the API itself says so, and what comes next is the way of a new server, tried every day.
//
// The order, so that a cut anywhere is mended by running stage again:
//   build on the running machine   cut: nothing was changed
//   shut down cleanly              cut: the server is off; it is powered on and everything begins anew
//   rebuild                        cut: the cloud image answers, and stage goes on with it
// The counter is noted on the root disk by the installation itself. It is read before anything is erased, and where it cannot be read
// nothing is: what is on the root disk may be all that a machine without volumes has.
import { join, resolve } from "node:path";
import type { StepContext } from "../context";
import type { StepInput } from "../documents";
import { warnOfDrift } from "../system/drift";
import { type Facts, fileSystemDevice } from "../facts";
import { flakeHash, makeFlakeFolder, systemHash } from "../system/flakeFolder";
import { type HetznerApi, HetznerError } from "../cloud/hetzner";
import { powerDown } from "../power/powerDown";
import { askCloud } from "../cloud/reachServer";
import { packFolder, sendFlake } from "../system/sendFlake";
import type { Connections } from "../ssh/connections";
import { awaitMachine, type Contact } from "../ssh/contact";
import { runScript } from "../ssh/remote";
import { StepError } from "../stepError";

const MINUTE = 60_000;
const SERVES = "Nothing was changed; the machine goes on serving.";
const AGAIN = "Run `pulumi up` again: it goes on from here.";

const ERASED = {
  rolledBack: "what the program says is installed now",
  unknown: "It is not installed again: what the program says is. Its generations are gone with this server's boot menu",
};

export interface Reinstallation {
  input: StepInput<"stage">;
  context: StepContext;
  connections: Connections;
  /** The NixOS that runs. */
  contact: Contact;
  facts: Facts;
}

/**
 * Whether the machine is still to be installed again on its server.
 *
 * @throws StepError when the machine does not know how often it was
 */
export async function wantsReinstall({ input, context, contact }: Omit<Reinstallation, "facts">): Promise<boolean> {
  const trouble = { state: SERVES, next: AGAIN };
  const told = await runScript(context, contact.connection, { script: "reinstalled", limitMs: MINUTE, ...trouble });
  const noted = told.get("reinstalled");
  if (/^\d+$/.test(noted)) return Number(noted) < input.reinstall;
  if (input.reinstall === 0) return false;
  throw new StepError({
    what: `${input.machine} does not know how often it was installed on this server (/var/lib/nixos-vps/reinstalled is missing), so it is not known whether that is still to be done.`,
    state: SERVES,
    next:
      `If it is: as root on the machine, echo ${input.reinstall - 1} >/var/lib/nixos-vps/reinstalled; if it was done: echo ${input.reinstall}. ` +
      "Then run `pulumi up` again.",
  });
}

/**
 * Gives the server its cloud image back. Everything on its root disk is lost; its volumes are unmounted before by a clean power-off.
 *
 * @returns the cloud image, which answers under the bootstrap host key
 * @throws StepError, before anything is changed where that can be known
 */
export async function backToCloudImage(reinstallation: Reinstallation): Promise<Contact> {
  const { input, context, connections, contact } = reinstallation;
  context.progress.phase(`installing ${input.machine} again on ${input.server.name}`);
  const api = await requireErasable(reinstallation);
  await requireBuild(reinstallation);

  await warnOfDrift(context, contact, ERASED);
  context.progress.warn(whatIsErased(input));
  const off = await powerDown({ input, context, api, contact, volumes: input.facts.storage.volumes });
  context.progress.say(off === "powered off" ? "it shut down cleanly; nothing is mounted" : "it was powered off");
  await rebuild(reinstallation, api);
  return awaitMachine(context, connections, {
    accept: ["cloud image"],
    notBoot: contact.bootId,
    waitingFor: `the cloud image of ${input.server.name} at ${input.address}`,
    limitMs: 10 * MINUTE,
    state: `${input.server.name} was given its cloud image back and boots. ${DOWN}`,
    next: `Look at the server's console in the Hetzner console: did it boot? ${AGAIN}`,
  });
}

const DOWN = "The machine does not serve at the moment; its volumes are attached and were not touched.";

/** Whatever Hetzner would refuse is found out while the machine serves. */
async function requireErasable({ input, context }: Reinstallation): Promise<HetznerApi> {
  const refuse = (what: string, next: string): StepError => new StepError({ what, state: SERVES, next });
  const cloud = await askCloud(input, context);
  if (!cloud) {
    throw refuse(
      "To install the machine again, Hetzner's API must be asked, and it does not answer us.",
      "Put a token that is good into hcloud:token or HCLOUD_TOKEN, then run `pulumi up` again.",
    );
  }
  try {
    if (await cloud.api.isRebuildProtected(input.server.id)) {
      throw refuse(
        `${input.server.name} is protected against being rebuilt.`,
        "Lift the protection in the Hetzner console, then run `pulumi up` again.",
      );
    }
    const architecture = input.facts.system === "aarch64-linux" ? "arm" : "x86";
    if (!(await cloud.api.hasImage(input.image, architecture))) {
      throw refuse(
        `Hetzner has no image ${input.image} for ${architecture} any more.`,
        "Choose another `image` for the machine, then run `pulumi up` again.",
      );
    }
  } catch (error) {
    throw error instanceof HetznerError ? refuse(`${error.message}.`, AGAIN) : error;
  }
  return cloud.api;
}

/** A configuration that does not build must not cost the machine that runs. A store on a volume then has the system already. */
async function requireBuild({ input, context, contact, facts }: Reinstallation): Promise<void> {
  context.progress.phase("building the system on the machine, before it is shut down");
  const trouble = { state: SERVES, next: "Mend the configuration, or what the build says, then run `pulumi up` again." };
  const flake = join(context.workspace, "flake-to-prove");
  makeFlakeFolder(resolve(context.project, input.flake), facts, flake);
  const call = { relay: "build", limitMs: 120 * MINUTE, ...trouble };
  const store = facts.storage.volumes.find((volume) => volume.store);
  if (store) {
    await runScript(context, contact.connection, {
      ...call,
      script: "prepareStore",
      args: [fileSystemDevice(store), facts.machine, systemHash(flakeHash(flake), facts)],
      payload: await packFolder(context, flake, trouble),
    });
  } else {
    await sendFlake(context, contact.connection, flake, trouble);
    await runScript(context, contact.connection, { ...call, script: "build", args: [facts.machine] });
  }
}

/** In words for the log, before it happens. */
export function whatIsErased({ machine, server, facts }: Pick<StepInput<"stage">, "machine" | "server" | "facts">): string {
  const volumes = facts.storage.volumes.map(({ name, mountPoint }) => `${name} (${mountPoint})`);
  const kept =
    volumes.length === 0
      ? `${machine} has no volumes: everything on it is lost`
      : `kept is what is on ${volumes.length === 1 ? "its volume" : "its volumes"} ${volumes.join(", ")}, and nothing else`;
  return `the root disk of ${server.name} is erased now; ${kept}`;
}

async function rebuild({ input, context }: Reinstallation, api: HetznerApi): Promise<void> {
  context.progress.phase(`giving ${input.server.name} its cloud image back (${input.image})`);
  try {
    await api.rebuild(input.server.id, input.image, 10 * MINUTE);
  } catch (error) {
    if (!(error instanceof HetznerError)) throw error;
    throw new StepError({
      what: `${input.server.name} could not be given its cloud image: ${error.message}.`,
      state: await backOn(input.server, api),
      next: AGAIN,
    });
  }
}

/** A server whose disk was left alone may as well serve until the next try. */
async function backOn(server: { id: number; name: string }, api: HetznerApi): Promise<string> {
  try {
    if ((await api.server(server.id))?.status === "off") await api.powerOn(server.id);
    return `${server.name} was switched on again, with its disk as it is. Its volumes are attached and were not touched.`;
  } catch (error) {
    if (error instanceof HetznerError) return `${server.name} is off. ${DOWN}`;
    throw error;
  }
}
