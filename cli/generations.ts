// The generations of a machine, as the machine tells them.
import type { StepContext } from "../steps/context";
import type { StepInput } from "../steps/documents";
import { openConnections } from "../steps/ssh/connections";
import { runScript, type ScriptResults } from "../steps/ssh/remote";

const MINUTE = 60_000;

export interface Generation {
  number: number;
  /** Store path. */
  system: string;
  /** When it was made, in UTC, e.g. `2026-03-01 12:00`. */
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
}

/** @throws StepError when the machine cannot be reached */
export async function listGenerations(input: StepInput<"switch">, context: StepContext): Promise<Generations> {
  const { final } = await openConnections(input, context);
  const told = await runScript(context, final, {
    script: "generations",
    args: [input.facts.hardware.rootDisk],
    limitMs: MINUTE,
    state: "Nothing was touched.",
    next: "See whether the machine runs (`vps status`), then run the same command again.",
  });
  return readGenerations(told);
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
      made: new Date(Number(of("date", number)[0]) * 1000).toISOString().slice(0, 16).replace("T", " "),
      version: of("version", number)[0] ?? "",
      active: system === active,
      boots: Number(number) === current,
      foreign: of("foreign", number).length > 0,
      restart: of("boot", number),
    };
    return { ...facts, notes: notesOf(facts) };
  });
  return { all: all.sort((one, other) => one.number - other.number), current, active };
}

function notesOf({ active, boots, foreign, restart }: Omit<Generation, "notes">): string[] {
  return [
    ...(active ? ["active"] : []),
    ...(boots ? ["boots"] : []),
    ...(foreign ? ["of a former server"] : []),
    ...(restart.length > 0 && !active ? [`needs a restart (${restart.join(", ")})`] : []),
  ];
}
