import { chmodSync, copyFileSync, cpSync, linkSync, mkdirSync, statSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { Cache } from "./cache";
import { hashOf } from "./hash";
import { mark, markedOrigin } from "./marker";
import { suitableNode } from "./node";
import { LAYOUT, Obtainer, selectionName, type Obtained } from "./obtain";
import { createProgress, type Progress } from "./progress";
import { findExecutable, isExecutable, lookAround, type Situation } from "./situation";
import type { CliOrigin, PluginOrigin, Toolchain } from "./types";
import { forEachPlugin, PLUGIN_NAMES, pluginExecutable, pluginFolder, wantedVersions, type PluginName, type Versions } from "./versions";
import { realWays, type Ways } from "./ways";

export interface ToolchainOptions {
  /** A folder with ready plugins, which win over all others. Default: `$NIXOS_VPS_PLUGIN_DIR`, else none. */
  pluginDir?: string;
  /** Look again for what was not to be had before, e.g. for the official plugin where a stand-in is in use. Default: false. */
  refresh?: boolean;
  /** Who hears what is being done. Default: stderr; nothing is said when everything is there. */
  progress?: Progress;
  /** Where PATH, HOME, XDG_CACHE_HOME, PULUMI_HOME and Go's settings come from. Default: the environment. */
  env?: NodeJS.ProcessEnv;
}

/** What is remembered of a situation: the toolchain that was put together for it. */
interface Choice {
  selection: string;
  cli: { origin: CliOrigin; path: string };
}

/**
 * Makes the Pulumi CLI, its Node.js language host and the plugins available, and says where they are.
 *
 * The first time it downloads them, or builds them with Go, which takes minutes. Afterwards it looks at a few files and at no
 * network. It may be killed at any moment and run any number of times at once.
 *
 * @throws ToolchainError where no way is open, with what to install.
 * @example
 * const toolchain = await ensureToolchain();
 * await execa("pulumi", ["up"], { env: toolchain.env });
 */
export async function ensureToolchain(options: ToolchainOptions = {}, ways?: Ways): Promise<Toolchain> {
  const env = options.env ?? process.env;
  const make = new Maker(env, options.progress ?? createProgress(), ways ?? realWays(env));
  const pluginDir = options.pluginDir ?? env.NIXOS_VPS_PLUGIN_DIR;
  return make.toolchain(pluginDir === undefined ? undefined : resolve(pluginDir), options.refresh ?? false);
}

class Maker {
  private readonly cache: Cache;
  private readonly versions: Versions = wantedVersions();

  constructor(
    private readonly env: NodeJS.ProcessEnv,
    private readonly progress: Progress,
    private readonly ways: Ways,
  ) {
    this.cache = Cache.ofUser(env);
  }

  async toolchain(pluginDir: string | undefined, refresh: boolean): Promise<Toolchain> {
    const node = suitableNode(this.cache);
    const situation = lookAround(this.env, this.versions, pluginDir);
    const name = join("choices", `${this.situationName(situation)}.json`);
    const known = refresh ? undefined : this.recall(name);
    const choice =
      known ??
      (await this.cache.exclusively(
        async () => (refresh ? undefined : this.recall(name)) ?? this.choose(name, situation),
        () => this.progress.note("Another process is getting the toolchain; waiting for it."),
      ));
    return this.describe(choice, node);
  }

  /** Whatever a choice depends on has a part in this name. */
  private situationName(situation: Situation): string {
    const sources = (["cli", ...PLUGIN_NAMES] as const).map((module) => this.ways.goSourcesHash(module));
    return hashOf(LAYOUT, this.versions, process.platform, process.arch, sources, this.ways.languageHostHash(), situation);
  }

  private recall(name: string): Choice | undefined {
    const choice = this.cache.readJson(name) as Choice | undefined;
    const whole = choice && isExecutable(choice.cli.path) && PLUGIN_NAMES.every((plugin) => isExecutable(this.pluginPath(choice, plugin)));
    return whole ? choice : undefined;
  }

  private async choose(name: string, situation: Situation): Promise<Choice> {
    const obtain = new Obtainer(this.cache, situation, this.versions, this.ways, this.progress);
    const cli = await obtain.cli();
    const plugins: Partial<Record<PluginName, Obtained<PluginOrigin>>> = {};
    for (const plugin of PLUGIN_NAMES) {
      plugins[plugin] = await obtain.plugin(plugin, cli.path);
    }
    const choice = await this.assemble(cli, plugins as Record<PluginName, Obtained<PluginOrigin>>);
    this.cache.writeJson(name, choice);
    return choice;
  }

  /** Puts what was obtained into one folder, as the engine wants to find it. */
  private async assemble(cli: Obtained<CliOrigin>, plugins: Record<PluginName, Obtained<PluginOrigin>>): Promise<Choice> {
    const languageHost = { identity: cli.origin === "go-build" ? this.ways.languageHostHash() : "official" };
    const selection = selectionName(cli, languageHost, ...PLUGIN_NAMES.map((name) => plugins[name]));
    const folder = await this.cache.folder(join("toolchains", selection), async (staging) => {
      for (const name of PLUGIN_NAMES) {
        placePlugin(this.cache, plugins[name], name, join(staging, "home", "plugins", pluginFolder(name, this.versions.plugins[name])));
      }
      if (cli.origin === "go-build") {
        // The engine looks for the language host beside its own executable.
        mkdirSync(join(staging, "bin"));
        linkOrCopy(cli.path, join(staging, "bin", "pulumi"));
        await this.ways.bundleLanguageHost(join(staging, "bin", "pulumi-language-nodejs"));
        mark(join(staging, "bin"), cli.origin);
      }
    });
    const path = cli.origin === "go-build" ? join(folder, "bin", "pulumi") : cli.path;
    return { selection, cli: { origin: cli.origin, path } };
  }

  private describe(choice: Choice, node: string): Toolchain {
    const pulumiHome = this.homeOf(choice);
    const path = [dirname(choice.cli.path)];
    if (findExecutable("node", this.env) !== node) {
      path.unshift(dirname(node));
    }
    return {
      node,
      pulumi: choice.cli.path,
      pulumiHome,
      path,
      env: {
        PATH: [...path, this.env.PATH ?? ""].join(delimiter),
        PULUMI_HOME: pulumiHome,
        PULUMI_SKIP_UPDATE_CHECK: "1",
        // A plugin that happens to lie on PATH would win over the right one in PULUMI_HOME.
        PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
      },
      origin: { cli: choice.cli.origin, plugins: forEachPlugin((name) => this.originOf(choice, name)) },
    };
  }

  /** Without our mark it is another one than we had put there: somebody has installed it since. */
  private originOf(choice: Choice, name: PluginName): PluginOrigin {
    return (markedOrigin(dirname(this.pluginPath(choice, name))) as PluginOrigin | undefined) ?? "installed";
  }

  private homeOf(choice: Choice): string {
    return this.cache.path("toolchains", choice.selection, "home");
  }

  private pluginPath(choice: Choice, name: PluginName): string {
    return join(this.homeOf(choice), "plugins", pluginFolder(name, this.versions.plugins[name]), pluginExecutable(name));
  }
}

function placePlugin(cache: Cache, plugin: Obtained<PluginOrigin>, name: PluginName, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const executable = join(folder, pluginExecutable(name));
  if (statSync(plugin.path).isDirectory()) {
    cpSync(plugin.path, folder, { recursive: true });
  } else if (cache.contains(plugin.path)) {
    linkOrCopy(plugin.path, executable);
  } else {
    // Not ours: its owner may write over it.
    copyFileSync(plugin.path, executable);
    chmodSync(executable, 0o755);
  }
  mark(folder, plugin.origin);
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
