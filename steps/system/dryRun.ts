// What a switch would change, without changing it: built on the machine, as the switch builds it.
import { join, resolve } from "node:path";
import type { StepContext } from "../context";
import type { StepInput } from "../documents";
import { makeFlakeFolder } from "./flakeFolder";
import { packFolder } from "./sendFlake";
import { openConnections } from "../ssh/connections";
import { runScript, type ScriptResults } from "../ssh/remote";

const MINUTE = 60_000;
const UNCHANGED = { state: "The machine runs its system; nothing was changed.", next: "Mend it, then run the same command again." };

export interface PackageChange {
  name: string;
  /** Versions before; empty for one that is added. */
  from: string[];
  /** Versions after; empty for one that is removed. */
  to: string[];
}

export interface DryRun {
  /** False when the machine runs this system already. */
  changes: boolean;
  /** Store paths. */
  active: string;
  system: string;
  packages: PackageChange[];
  /** How many paths are of the same name and made anew. */
  rebuilt: number;
  units: { stop: string[]; restart: string[]; reload: string[]; start: string[]; leave: string[] };
  /** Why the machine would be restarted; empty when the change can be made live. */
  restart: string[];
  /** Set where the store would be elsewhere, which a switch refuses. */
  storeMoves: string | null;
}

/** @throws StepError when the machine cannot be reached or the system cannot be built */
export async function dryRun(input: StepInput<"switch">, context: StepContext): Promise<DryRun> {
  const { facts } = input;
  const { final } = await openConnections(input, context);
  context.progress.phase("building the system on the machine, to look at it");
  const flake = join(context.workspace, "flake");
  makeFlakeFolder(resolve(context.project, input.flake), facts, flake);
  const told = await runScript(context, final, {
    script: "dryRun",
    args: [facts.machine],
    payload: await packFolder(context, flake, UNCHANGED),
    relay: "build",
    limitMs: 120 * MINUTE,
    ...UNCHANGED,
  });
  return readDryRun(told);
}

/** Makes sense of what dryRun.sh prints. */
export function readDryRun(told: ScriptResults): DryRun {
  const [active, system] = [told.get("active"), told.get("new")];
  const [gone, come] = [told.all("gone"), told.all("come")];
  return {
    changes: active !== system,
    active,
    system,
    packages: packageChanges(gone, come),
    rebuilt: come.filter((path) => gone.includes(path)).length,
    units: {
      stop: unitsTo("stop", told),
      restart: unitsTo("restart", told),
      reload: unitsTo("reload", told),
      start: unitsTo("start", told),
      leave: unitsTo("NOT stop", told),
    },
    restart: [...told.all("boot"), ...told.all("moved")],
    storeMoves: told.get("store") || null,
  };
}

/**
 * Which packages come, go or change their version, from the names of store paths without their hashes. A version begins, as Nix has it,
 * after the first dash that no letter follows.
 *
 * @example packageChanges(["nginx-1.28"], ["nginx-1.30", "jq-1.8-bin"])
 * // [{ name: "jq", from: [], to: ["1.8-bin"] }, { name: "nginx", from: ["1.28"], to: ["1.30"] }]
 */
export function packageChanges(gone: readonly string[], come: readonly string[]): PackageChange[] {
  const versions = (paths: readonly string[], others: readonly string[]): Map<string, string[]> => {
    const found = new Map<string, string[]>();
    for (const path of paths.filter((one) => !others.includes(one))) {
      const [, name = path, version] = /^(.+?)-([^A-Za-z].*)$/.exec(path) ?? [];
      // What has no version (a unit, a script, a configuration file) is no package.
      if (version !== undefined) found.set(name, [...new Set([...(found.get(name) ?? []), version])].sort());
    }
    return found;
  };
  const [from, to] = [versions(gone, come), versions(come, gone)];
  const names = [...new Set([...from.keys(), ...to.keys()])].sort();
  return names.map((name) => ({ name, from: from.get(name) ?? [], to: to.get(name) ?? [] }));
}

/** Units in a line of `switch-to-configuration dry-activate`, e.g. `would restart the following units: a.service, b.service`. */
function unitsTo(verb: string, told: ScriptResults): string[] {
  const line = new RegExp(`^would ${verb}(?: the following(?: changed)? units)?: (.*)$`);
  return told
    .all("unit")
    .flatMap((text) => line.exec(text)?.[1]?.split(/[\s,]+/) ?? [])
    .filter(Boolean);
}
