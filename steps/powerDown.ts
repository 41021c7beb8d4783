// Shutting a server down and being certain that it is off. Cleanly if it can be, by force only when it does not answer.
import { setTimeout as sleep } from "node:timers/promises";
import type { StepContext } from "./context";
import type { StepInput } from "./documents";
import { type HetznerApi, HetznerError } from "./hetzner";
import type { Contact } from "./ssh/contact";
import { callScript } from "./ssh/remote";
import { StepError } from "./stepError";
import { inWords, patience, poll } from "./waiting";

const CLEAN_LIMIT_MS = 120_000;
const ACPI_LIMIT_MS = 60_000;
const FORCED_LIMIT_MS = 60_000;
/** How long a machine that stopped answering may still write, where nobody can be asked whether it is off. */
const SILENT_MS = 20_000;
const CALL_LIMIT_MS = 40_000;

export interface PowerDown {
  input: Pick<StepInput<"shutDown">, "server" | "address">;
  context: StepContext;
  /** Absent when the token is no longer good or the API does not answer. */
  api: HetznerApi | undefined;
  /** Absent when the machine does not answer. */
  contact: Contact | undefined;
  /** Whose unwritten data a hard power-off may lose, in words. */
  atStake: string;
}

/**
 * Shuts the server down and waits until it is off.
 *
 * @throws StepError when neither the machine nor the API can be told
 */
export async function powerDown(down: PowerDown): Promise<"powered off" | "forced off"> {
  const { input, context, api, contact } = down;
  if (contact) {
    context.progress.phase(`shutting ${input.server.name} down cleanly`);
    // The answer may get lost with the connection: what counts is that the server goes off.
    await callScript(context, contact.connection, { script: "powerOff", limitMs: CALL_LIMIT_MS });
    if (!api) return silentlyOff(down, contact);
    if (await api.waitUntilOff(input.server.id, CLEAN_LIMIT_MS)) return "powered off";
    context.progress.warn(`${input.server.name} was told to shut down but is still on after ${inWords(patience(CLEAN_LIMIT_MS))}`);
  }
  if (!api) throw nobodyToTell(down);
  try {
    return await offByApi(down, api);
  } catch (error) {
    if (error instanceof HetznerError) throw apiRefused(down, error);
    throw error;
  }
}

async function offByApi(down: PowerDown, api: HetznerApi): Promise<"powered off" | "forced off"> {
  const { server } = down.input;
  const { progress } = down.context;
  progress.phase(`asking Hetzner to shut ${server.name} down (ACPI)`);
  await api.shutdown(server.id);
  if (await api.waitUntilOff(server.id, ACPI_LIMIT_MS)) return "powered off";
  progress.warn(
    `${server.name} does not react and is powered off hard. What it had not written to ${down.atStake} in its last seconds may be missing; ` +
      `the file system is checked before it is used again`,
  );
  await api.powerOff(server.id);
  if (await api.waitUntilOff(server.id, FORCED_LIMIT_MS)) return "forced off";
  throw new StepError({
    what: `${server.name} is still on, ${inWords(patience(FORCED_LIMIT_MS))} after Hetzner was asked to power it off.`,
    state: stillInUse(down),
    next: "Power the server off in the Hetzner console, then run the same command again.",
  });
}

/** Without the API: a clean shutdown writes and unmounts everything, and its end shows as silence. */
async function silentlyOff(down: PowerDown, contact: Contact): Promise<"powered off"> {
  const { input, context } = down;
  const silent = async (): Promise<boolean> => {
    const answer = await callScript(context, contact.connection, { script: "whoAreYou", limitMs: CALL_LIMIT_MS });
    return answer.unreached === "unreachable";
  };
  const off = await poll(CLEAN_LIMIT_MS, async () => {
    if (!(await silent())) return undefined;
    await sleep(patience(SILENT_MS));
    return (await silent()) ? true : undefined;
  });
  if (off) {
    context.progress.warn(`${input.server.name} shut down; that it is off could not be looked up, because the API cannot be asked`);
    return "powered off";
  }
  throw new StepError({
    what: `${input.server.name} was told to shut down but still answers after ${inWords(patience(CLEAN_LIMIT_MS))}, and the API cannot be asked.`,
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
    what: `${down.input.server.name} could not be shut down: ${error.message}.`,
    state: stillInUse(down),
    next: "Run the same command again; if it stays like this, power the server off in the Hetzner console first.",
  });
}

function stillInUse({ input, atStake }: PowerDown): string {
  return `${input.server.name} may still use ${atStake}; nothing was detached.`;
}
