// A desk from which a machine is taken to another generation: it has three of them, and agrees to everything unless told otherwise.
import { Desk, VERSION } from "./desk";

export const system = (number: number): string => `/nix/store/${number}-devserver`;

/** Generations 4 to 6 of one machine, of which one runs. */
export function generations(active: number, more: string[] = []): string[] {
  const each = [4, 5, 6].flatMap((number) => [
    `generation ${number} ${system(number)}`,
    `date ${number} ${1_700_000_000 + number}`,
    `version ${number} 26.05`,
  ]);
  return [`current ${active}`, `active ${system(active)}`, "boot id-1", `last ${system(6)}`, `lastFlake ${VERSION}`, ...each, ...more];
}

/** The machine runs generation 6, which `pulumi up` made last. */
export function rollbackDesk(): Desk {
  const desk = new Desk();
  desk.answers("generations", generations(6));
  desk.answers("activate", ["code 0"]);
  desk.answers("health", [`system ${system(5)}`]);
  desk.answers("confirmRollback", ["confirmed yes", "generation 5"]);
  return desk;
}

/** The machine as a look of its own finds it after a failure. */
export function isSeen(desk: Desk, runs: number, boots: number, more: string[] = []): void {
  desk.answers("whoAreYou", ["stage nixos", "boot id-1", "host devserver", `system ${system(runs)}`]);
  desk.answers("goBack", [`system ${system(runs)}`, `boots ${system(boots)}`, ...more]);
  desk.answers("state", [`active ${system(runs)}`, `default ${system(boots)}`, ...more]);
}
