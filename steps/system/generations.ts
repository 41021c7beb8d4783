// The generations of a machine, as the machine tells them.
import type { StepContext } from "../context";
import type { StepInput } from "../documents";
import { type Connections, openConnections } from "../ssh/connections";
import { runScript, type ScriptResults } from "../ssh/remote";

const MINUTE = 60_000;

export interface Generation {
  number: number;
  /** Store path. */
  system: string;
  /** When it was made, e.g. `2026-03-01 12:00 UTC`. */
  made: string;
  /** NixOS version. */
  version: string;
  /** It is what runs now. */
  active: boolean;
  /** It is what the next boot takes. */
  boots: boolean;
  /** It was made for another server: neither its disk nor its addresses are those of this one. */
  foreign: boolean;
  /** Parts that only a restart exchanges, e.g. `kernel`; empty when it can be gone to live. */
  restart: string[];
  /** Seconds that its own health checks may take together. */
  health: number;
  /** Where its sshd listens; empty when it does not say. */
  ports: number[];
  /** Mount points of the running system that it has not. */
  unmounts: string[];
  /** The above in words. */
  notes: string[];
}

export interface Generations {
  /** By number, oldest first. */
  all: Generation[];
  /** The one that the next boot takes. */
  current: number;
  /** Store path of the running system, which need not be a generation. */
  active: string;
  /** The system that `pulumi up` made last, and the hash of its flake and facts. */
  last: { system: string; flake: string };
  /** The generation that a rollback went to, as long as it runs. */
  rolledBack: { number: number; when: string } | undefined;
  /** A switch waits for its confirmation. */
  armed: boolean;
  /** A boot waits for its confirmation: the machine goes back from it by itself. */
  unconfirmed: boolean;
  /** Changes with every boot. */
  bootId: string;
}

/** @throws StepError when the machine cannot be reached */
export async function listGenerations(input: StepInput<"switch">, context: StepContext, connections?: Connections): Promise<Generations> {
  const { final } = connections ?? (await openConnections(input, context));
  const told = await runScript(context, final, {
    script: "generations",
    args: [input.facts.hardware.rootDisk],
    limitMs: MINUTE,
    state: "Nothing was touched.",
    next: "See whether the machine runs (`vps status`), then run the same command again.",
  });
  return readGenerations(told);
}

/** A moment in seconds since 1970, for a person anywhere. */
export function inUtc(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** Makes sense of what generations.sh prints. */
export function readGenerations(told: ScriptResults): Generations {
  const of = (name: string, number: string): string[] =>
    told.all(name).flatMap((line) => (line.startsWith(`${number} `) ? [line.slice(number.length + 1)] : []));
  const [active, current] = [told.get("active"), Number(told.get("current"))];
  const all = told.all("generation").map((line): Generation => {
    const [number = "", system = ""] = line.split(" ");
    const facts = {
      number: Number(number),
      system,
      made: inUtc(Number(of("date", number)[0])),
      version: of("version", number)[0] ?? "",
      active: system === active,
      boots: Number(number) === current,
      foreign: of("foreign", number).length > 0,
      restart: of("restart", number),
      health: Number(of("health", number)[0] ?? 0),
      ports: of("port", number).map(Number),
      unmounts: of("unmounts", number),
    };
    return { ...facts, notes: notesOf(facts) };
  });
  const [number, seconds, system] = told.get("rolledBack").split(" ");
  return {
    all: all.sort((one, other) => one.number - other.number),
    current,
    active,
    last: { system: told.get("last"), flake: told.get("lastFlake") },
    rolledBack: system === active && seconds !== undefined ? { number: Number(number), when: inUtc(Number(seconds)) } : undefined,
    armed: told.get("armed") !== "",
    unconfirmed: told.get("unconfirmed") !== "",
    bootId: told.get("boot"),
  };
}

function notesOf({ active, boots, foreign, restart }: Omit<Generation, "notes">): string[] {
  return [
    ...(active ? ["active"] : []),
    ...(boots ? ["boots"] : []),
    ...(foreign ? ["of a former server"] : []),
    ...(restart.length > 0 && !active ? [`needs a restart (${restart.join(", ")})`] : []),
  ];
}
