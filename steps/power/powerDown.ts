// Shutting a server down and being certain that it is off. Cleanly if it can be, by force only when it does not answer.
import { atStake, type NamedVolume, volumesOn } from "./atStake";
import { awaitSilence, tellToShutDown, UNWATCHED_MS } from "./awaitSilence";
import type { StepContext } from "../context";
import type { StepInput } from "../documents";
import { type HetznerApi, HetznerError } from "../cloud/hetzner";
import type { Contact } from "../ssh/contact";
import { StepError } from "../stepError";
import { inWords, patience } from "../waiting";

const CLEAN_LIMIT_MS = 120_000;
const ACPI_LIMIT_MS = 60_000;
const FORCED_LIMIT_MS = 60_000;

export interface PowerDown {
  input: Pick<StepInput<"shutDown">, "server" | "address" | "api">;
  context: StepContext;
  /** Absent when the token is no longer good or the API does not answer. */
  api: HetznerApi | undefined;
  /** Absent when the machine does not answer. */
  contact: Contact | undefined;
  /** The machine's volumes, as far as the step knows them. */
  volumes: readonly NamedVolume[];
}

/**
 * Shuts the server down and waits until it is off.
 *
 * @throws StepError when neither the machine nor the API can be told, or when it is not certain that the server is off
 */
export async function powerDown(down: PowerDown): Promise<"powered off" | "forced off"> {
  try {
    if (down.contact) return await offBySsh(down, down.contact);
    if (down.api) return await offByApi(down, down.api, []);
    throw nobodyToTell(down);
  } catch (error) {
    if (error instanceof HetznerError) throw apiRefused(down, error);
    throw error;
  }
}

async function offBySsh(down: PowerDown, contact: Contact): Promise<"powered off" | "forced off"> {
  const { input, context } = down;
  context.progress.phase(`shutting ${input.server.name} down cleanly`);
  const { heard, mounts } = await tellToShutDown(context, contact);
  const api = down.api ?? (await awaitSilence(input, context, contact, heard));
  if (api === "silent") {
    context.progress.warn(`${input.server.name} shut down; that it is off could not be looked up, because the API cannot be asked`);
    return "powered off";
  }
  if (typeof api === "string") throw notKnownToBeOff(down, api);
  // Where the API can be asked, what counts is that the server goes off: the machine's answer may have got lost with the connection.
  if (await api.waitUntilOff(input.server.id, CLEAN_LIMIT_MS)) return "powered off";
  context.progress.warn(`${input.server.name} was told to shut down but is still on after ${inWords(patience(CLEAN_LIMIT_MS))}`);
  return offByApi(down, api, mounts);
}

/** @param mounts what the machine said of its volumes, if it answered */
async function offByApi(down: PowerDown, api: HetznerApi, mounts: readonly string[]): Promise<"powered off" | "forced off"> {
  const { server } = down.input;
  const { progress } = down.context;
  progress.phase(`asking Hetzner to shut ${server.name} down (ACPI)`);
  await api.shutdown(server.id);
  if (await api.waitUntilOff(server.id, ACPI_LIMIT_MS)) return "powered off";
  const volumes = await volumesOn(api, { server: server.id, known: down.volumes, mounts });
  progress.warn(
    `${server.name} does not react and is powered off hard. What it had not written to ${atStake(volumes)} in its last seconds may be missing; ` +
      `file systems are checked before they are used again`,
  );
  await api.powerOff(server.id);
  if (await api.waitUntilOff(server.id, FORCED_LIMIT_MS)) return "forced off";
  throw new StepError({
    what: `${server.name} is still on, ${inWords(patience(FORCED_LIMIT_MS))} after Hetzner was asked to power it off.`,
    state: stillInUse(down),
    next: "Power the server off in the Hetzner console, then run the same command again.",
  });
}

function notKnownToBeOff(down: PowerDown, why: "unheard" | "still on"): StepError {
  const { name } = down.input.server;
  return new StepError({
    what:
      why === "unheard"
        ? `${name} was told to shut down but did not say that it does, and the Hetzner API cannot be asked whether it is off.`
        : `${name} was told to shut down but is not off after ${inWords(patience(UNWATCHED_MS))}, as far as can be seen without the Hetzner API.`,
    state: stillInUse(down),
    next: "Put a token that is good into HCLOUD_TOKEN, or power the server off in the Hetzner console, then run the same command again.",
  });
}

function nobodyToTell(down: PowerDown): StepError {
  const { server, address } = down.input;
  return new StepError({
    what: `${server.name} does not answer over ssh at ${address}, and the Hetzner API cannot be asked to shut it down.`,
    state: `Nothing was changed. ${stillInUse(down)}`,
    next: "Put a token that is good into HCLOUD_TOKEN and run the same command again.",
  });
}

function apiRefused(down: PowerDown, error: HetznerError): StepError {
  return new StepError({
    what: `${down.input.server.name} could not be shut down and seen to be off: ${error.message}.`,
    state: stillInUse(down),
    next: "Run the same command again; if it stays like this, power the server off in the Hetzner console first.",
  });
}

function stillInUse({ input, volumes }: PowerDown): string {
  return `${input.server.name} may still use ${volumes.length === 0 ? "its disks" : atStake(volumes)}; nothing was detached.`;
}
