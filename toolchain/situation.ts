// What there is on this computer already. Found by looking at files alone, because every run of everything begins with it.
import { accessSync, constants, existsSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { ToolchainError } from "./errors";
import { fileIdentity } from "./hash";
import { markedOrigin } from "./marker";
import { pluginExecutable, pluginFolder, PLUGIN_NAMES, type PluginName, type Versions } from "./versions";

/** A plugin that need not be got. */
export interface ReadyPlugin {
  /** The plugin's folder, or its executable alone. */
  path: string;
  origin: "plugin-dir" | "installed" | "stand-in";
  identity: string;
}

export interface Situation {
  /** A `pulumi` on PATH, of whatever version. */
  cli?: { path: string; identity: string };
  plugins: Partial<Record<PluginName, ReadyPlugin>>;
}

/** Looks for a Pulumi CLI on PATH and for plugins in `pluginDir` and in the user's own Pulumi home, in that order. */
export function lookAround(env: NodeJS.ProcessEnv, versions: Versions, pluginDir?: string): Situation {
  const situation: Situation = { plugins: {} };
  const cli = findExecutable("pulumi", env, (path) => markedOrigin(dirname(path)) === undefined);
  if (cli !== undefined) {
    situation.cli = { path: cli, identity: fileIdentity(cli) ?? "" };
  }
  const home = join(env.PULUMI_HOME ?? join(env.HOME ?? homedir(), ".pulumi"), "plugins");
  let given = 0;
  for (const name of PLUGIN_NAMES) {
    const ready = pluginDir === undefined ? undefined : pluginIn(pluginDir, name, versions.plugins[name], "plugin-dir");
    const installed = pluginIn(home, name, versions.plugins[name], "installed");
    given += ready ? 1 : 0;
    // Another toolchain of ours is no source: that a plugin in it was built here would be forgotten.
    situation.plugins[name] = ready ?? (installed && markedOrigin(installed.path) === undefined ? installed : undefined);
  }
  if (pluginDir !== undefined && given === 0) {
    throw new ToolchainError(noPluginIn(pluginDir, versions));
  }
  return situation;
}

/** The first executable of that name on PATH, with links resolved. */
export function findExecutable(name: string, env: NodeJS.ProcessEnv, counts: (path: string) => boolean = () => true): string | undefined {
  for (const folder of (env.PATH ?? "").split(delimiter)) {
    const path = join(folder, name);
    if (folder !== "" && isExecutable(path) && counts(realpathSync(path))) {
      return realpathSync(path);
    }
  }
  return undefined;
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Finds a plugin as the engine keeps it, in a folder named with its version, or as an executable by itself. */
function pluginIn(folder: string, name: PluginName, version: string, origin: ReadyPlugin["origin"]): ReadyPlugin | undefined {
  const kept = join(folder, pluginFolder(name, version));
  const keptExecutable = join(kept, pluginExecutable(name));
  if (isExecutable(keptExecutable) && !existsSync(`${kept}.partial`)) {
    // A stand-in stays one, wherever it is brought from.
    const known = markedOrigin(kept) === "stand-in" ? "stand-in" : origin;
    return { path: kept, origin: known, identity: fileIdentity(keptExecutable) ?? "" };
  }
  const bare = join(folder, pluginExecutable(name));
  return isExecutable(bare) ? { path: bare, origin, identity: fileIdentity(bare) ?? "" } : undefined;
}

function noPluginIn(folder: string, versions: Versions): string {
  const accepted = PLUGIN_NAMES.map((name) => `  ${pluginFolder(name, versions.plugins[name])}/${pluginExecutable(name)}`);
  return [
    `--plugin-dir ${folder}: there is none of the plugins in it.`,
    "It may hold one or more of these, in such a folder or by themselves, and each must be executable:",
    ...accepted,
  ].join("\n");
}
