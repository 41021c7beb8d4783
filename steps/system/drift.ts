// What runs is not what was made here last: whoever changed that shall read it, with both systems' names, before it is gone.
import type { StepContext } from "../context";
import { inUtc } from "./generations";
import type { Contact } from "../ssh/contact";
import { callScript, parseResults, type ScriptResults } from "../ssh/remote";

const MINUTE = 60_000;

/** What a step is about to do, as the end of a sentence about a machine that was rolled back, and as a sentence about an unknown system. */
export interface Fate {
  rolledBack: string;
  unknown: string;
}

/**
 * Compares what runs with what a step made last.
 *
 * @param now what `state.sh` told
 * @returns in words; undefined where both are the same, or where what runs waits for its confirmation
 * @example
 * ```ts
 * driftIn(told, fate); // "the machine runs a system that this program did not make (/nix/store/…; the last one made was /nix/store/…). …"
 * ```
 */
export function driftIn(now: ScriptResults, fate: Fate): string | undefined {
  const [active, last] = [now.get("active"), now.get("last")];
  if (last === "" || active === last || now.get("armed") !== "" || active === now.get("unconfirmed")) return undefined;
  const [number = "", seconds = "", system] = now.get("rolledBack").split(" ");
  const generation = now.get("activeGeneration");
  if (system === active)
    return `the machine was rolled back to generation ${number} by hand (${inUtc(Number(seconds))}); ${fate.rolledBack}`;
  if (generation !== "" && Number(generation) < Number(now.get("lastGeneration"))) {
    return (
      `the machine was rolled back to generation ${generation} on the machine itself (the last system made here, ${last}, was generation ` +
      `${now.get("lastGeneration")}); ${fate.rolledBack}`
    );
  }
  return `the machine runs a system that this program did not make (${active}; the last one made was ${last}). ${fate.unknown}`;
}

/** Warns where there is something to warn of. That it cannot be found out is no obstacle to a step that goes on whatever runs. */
export async function warnOfDrift(context: StepContext, { connection, stage }: Contact, fate: Fate): Promise<void> {
  if (stage !== "nixos") return;
  const answer = await callScript(context, connection, { script: "state", limitMs: MINUTE });
  const words = answer.code === 0 ? driftIn(parseResults(answer.stdout.toString("utf8")), fate) : undefined;
  if (words !== undefined) context.progress.warn(words);
}
