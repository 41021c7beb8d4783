// The end of every use of a volume: the server is off. Cleanly if it can be, by force only when it does not answer.
import { setTimeout as sleep } from "node:timers/promises";
import type { StepContext } from "./context";
import type { StepInput } from "./documents";
import { type HetznerApi, HetznerError } from "./hetzner";
import type { Contact } from "./ssh/contact";
import { callScript } from "./ssh/remote";
import { StepError } from "./stepError";

const CLEAN_LIMIT_MS = 120_000;
const ACPI_LIMIT_MS = 60_000;
const FORCED_LIMIT_MS = 60_000;
/** How long a machine that stopped answering may still write, where nobody can be asked whether it is off. */
const SILENT_MS = 20_000;

export interface PowerEnd {
  input: StepInput<"release">;
  context: StepContext;
  /** Absent when the token is no longer good or the API does not answer. */
  api?: HetznerApi;
  /** Absent when the machine does not answer. */
  contact?: Contact;
}

/**
 * Shuts the server down and waits until it is off.
 *
 * @throws StepError when neither the machine nor the API can be told
 */
export async function endUseByPower(end: PowerEnd): Promise<"powered off" | "forced off"> {
  const { input, context, api, contact } = end;
  const { progress } = context;
  if (contact) {
    progress.phase(`shutting ${input.server.name} down cleanly`);
    // The answer may get lost with the connection: what counts is that the server goes off.
    await callScript(context, contact.connection, { script: "powerOff", limitMs: 60_000 });
    if (!api) return silentlyOff(end, contact);
    if (await api.waitUntilOff(input.server.id, CLEAN_LIMIT_MS)) return "powered off";
    progress.warn(`${input.server.name} was told to shut down but is still on after ${CLEAN_LIMIT_MS / 1000} s`);
  }
  if (!api) throw nobodyToTell(input);
  try {
    return await offByApi(input, context, api);
  } catch (error) {
    if (error instanceof HetznerError) throw apiRefused(input, error);
    throw error;
  }
}

async function offByApi(
  { server, volume }: StepInput<"release">,
  { progress }: StepContext,
  api: HetznerApi,
): Promise<"powered off" | "forced off"> {
  progress.phase(`asking Hetzner to shut ${server.name} down (ACPI)`);
  await api.shutdown(server.id);
  if (await api.waitUntilOff(server.id, ACPI_LIMIT_MS)) return "powered off";
  progress.warn(
    `${server.name} does not react and is powered off hard. What it had not written to the volume ${volume.name} (${volume.mountPoint}) in its last ` +
      `seconds may be missing; the file system is checked before it is used again.`,
  );
  await api.powerOff(server.id);
  if (await api.waitUntilOff(server.id, FORCED_LIMIT_MS)) return "forced off";
  throw new StepError({
    what: `${server.name} is still on, ${FORCED_LIMIT_MS / 1000} s after Hetzner was asked to power it off.`,
    state: `The volume ${volume.name} may still be in use and was not detached.`,
    next: "Power the server off in the Hetzner console, then run the same command again.",
  });
}

/** Without the API: everything was written and unmounted by a clean shutdown, whose end shows as silence. */
async function silentlyOff({ input, context }: PowerEnd, contact: Contact): Promise<"powered off"> {
  const end = Date.now() + CLEAN_LIMIT_MS;
  while (Date.now() < end) {
    const answer = await callScript(context, contact.connection, { script: "whoAreYou", limitMs: 40_000 });
    if (answer.unreached === "unreachable") {
      await sleep(SILENT_MS);
      const again = await callScript(context, contact.connection, { script: "whoAreYou", limitMs: 40_000 });
      if (again.unreached === "unreachable") {
        context.progress.warn(`${input.server.name} shut down; that it is off could not be looked up, because the API cannot be asked`);
        return "powered off";
      }
    }
    await sleep(500);
  }
  throw new StepError({
    what: `${input.server.name} was told to shut down but still answers after ${CLEAN_LIMIT_MS / 1000} s, and the API cannot be asked.`,
    state: `The volume ${input.volume.name} is still in use and was not detached.`,
    next: "Put a token that is good into HCLOUD_TOKEN, or power the server off in the Hetzner console, then run the same command again.",
  });
}

function nobodyToTell({ server, address, volume }: StepInput<"release">): StepError {
  return new StepError({
    what: `${server.name} does not answer over ssh at ${address}, and the Hetzner API cannot be asked to shut it down.`,
    state: `Nothing was changed. The volume ${volume.name} may be in use on ${server.name}.`,
    next: "Put a token that is good into HCLOUD_TOKEN and run the same command again.",
  });
}

function apiRefused({ server, volume }: StepInput<"release">, error: HetznerError): StepError {
  return new StepError({
    what: `${server.name} could not be shut down: ${error.message}.`,
    state: `The volume ${volume.name} may still be in use and was not detached.`,
    next: "Run the same command again; if it stays like this, power the server off in the Hetzner console first.",
  });
}
