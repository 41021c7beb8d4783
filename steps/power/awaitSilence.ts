// Shutting a machine down where Hetzner's API cannot say whether it is off. What a machine does after its sshd has ended is seen by nobody,
// and a database may write for minutes: so only a machine that said that it shuts down, and was silent for longer than its services may
// take, counts as off. The API is asked again all the time, as it may only have been away.
import { performance } from "node:perf_hooks";
import type { StepContext } from "../context";
import type { StepInput } from "../documents";
import { HetznerApi, HetznerError } from "../cloud/hetzner";
import type { Contact } from "../ssh/contact";
import { callScript, parseResults } from "../ssh/remote";
import { patience, poll } from "../waiting";

/**
 * Without a break. A service that hangs is killed after 90 s by systemd's default, PostgreSQL on NixOS after 120 s; what is left of it is for
 * unmounting.
 */
export const SILENT_MS = 180_000;
/** Within which the silence has to be over. */
export const UNWATCHED_MS = 600_000;
const CALL_LIMIT_MS = 40_000;

type Known = Pick<StepInput<"shutDown">, "server" | "api">;

/**
 * How it ended: an API that answers again and has to be asked, silence for long enough, or why nothing is known: the machine never said
 * that it shuts down (`unheard`), or it did and is there all the same (`still on`).
 */
export type Silence = HetznerApi | "silent" | "unheard" | "still on";

/** What a machine said that was told to shut down. */
export interface Told {
  /** Whether it said that it does; the answer may get lost with the connection. */
  heard: boolean;
  /** Where its volumes are mounted: `DEVICE MOUNT_POINT` each. */
  mounts: readonly string[];
}

/** Tells a machine to shut down. */
export async function tellToShutDown(context: StepContext, { connection }: Contact): Promise<Told> {
  const told = await callScript(context, connection, { script: "powerOff", limitMs: CALL_LIMIT_MS });
  const results = parseResults(told.stdout.toString("utf8"));
  return { heard: results.get("poweringOff") === "yes", mounts: results.all("mount") };
}

/**
 * Waits until a machine that was told to shut down has been silent for long enough. One that did not hear is told again.
 *
 * @param heard what `tellToShutDown` said
 */
export async function awaitSilence(input: Known, context: StepContext, contact: Contact, heard: boolean): Promise<Silence> {
  let said = heard;
  let silentSince: number | undefined;
  const end = await poll<Silence>(UNWATCHED_MS, async () => {
    const api = await apiThatAnswers(input);
    if (api) return api;
    const seen = await look(context, contact);
    if (seen === "on" && !said) said = (await tellToShutDown(context, contact)).heard;
    if (seen !== "silent") {
      silentSince = undefined;
      return undefined;
    }
    silentSince ??= performance.now();
    if (performance.now() - silentSince < patience(SILENT_MS)) return undefined;
    return said ? "silent" : "unheard";
  });
  return end ?? (said ? "still on" : "unheard");
}

/** Asks once, without trying again. @returns undefined when it does not answer, or says no */
async function apiThatAnswers({ api, server }: Known): Promise<HetznerApi | undefined> {
  try {
    await HetznerApi.forStep(api, { tries: 1 }).server(server.id);
    return HetznerApi.forStep(api);
  } catch (error) {
    if (error instanceof HetznerError) return undefined;
    throw error;
  }
}

/**
 * A refused connection is a kernel's answer, so the machine has power. A connection that was made and then hangs may be a machine that is
 * busy writing: that is not known, which is no silence.
 */
async function look(context: StepContext, { connection }: Contact): Promise<"on" | "silent" | "not known"> {
  const answer = await callScript(context, connection, { script: "whoAreYou", limitMs: CALL_LIMIT_MS });
  if (answer.unreached !== "unreachable" || /Connection refused/.test(answer.stderr)) return "on";
  return answer.timedOut ? "not known" : "silent";
}
