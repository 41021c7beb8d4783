// The parts of an outage: what was waited for while a machine was not served, by the emulator's journal.
import type { Emulator } from "../emulator/src";
import type { Part } from "./figure";

/** What of the journal marks the end of something that takes its time. */
interface Milestone {
  at: number;
  text: string;
}

/** Milliseconds below which a stretch is told together with the one after it. */
const SMALL_MS = 500;

/** Asks how long nothing was served under a name between two moments of the cloud's clock. */
export type Unserved = (from: number, to: number) => number;

/**
 * Cuts an outage at the milestones in it. The parts add up to the whole, always.
 *
 * @param from and `to`: virtual milliseconds
 * @returns seconds, each named by the milestone at its end
 */
export function outageParts(of: string, unserved: Unserved, milestones: readonly Milestone[], from: number, to: number): Part[] {
  const parts: Part[] = [];
  let begin = from;
  const cut = (end: number, name: string): void => {
    const ms = unserved(begin, end);
    if (ms < SMALL_MS && end !== to) return;
    if (ms > 0) parts.push({ of, name, value: ms / 1000, unit: "s" });
    begin = end;
  };
  for (const { at, text } of milestones) if (at > begin && at <= to) cut(at, text);
  cut(to, "until the end");
  return parts;
}

/** Milestones of a time: what the cloud finished, and what happened on machines. */
export function milestones(cloud: Pick<Emulator, "journal">, from: number, to: number): Milestone[] {
  return cloud.journal.entries
    .filter(({ kind, at }) => (kind === "machine" || kind === "action") && at >= from && at <= to)
    .map(({ at, text }) => ({ at, text: text.replace(/\/nix\/store\/[a-z0-9]+-/g, "") }));
}
