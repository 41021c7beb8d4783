// Chooses, for the CLI and for each plugin, the first way that is open.
import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { removeFolder, type Cache } from "./cache";
import { firstLine, ToolchainError } from "./errors";
import { hashOf } from "./hash";
import { mark } from "./marker";
import { languageHostBeside } from "./official";
import type { Progress } from "./progress";
import { isExecutable, type Situation } from "./situation";
import type { CliOrigin, PluginOrigin } from "./types";
import { fits, pluginExecutable, pluginFolder, type PluginName, type Versions } from "./versions";
import type { Ways } from "./ways";

/** Plugins that cannot be built from their own source: what Go builds in their place is a stand-in. */
const STOOD_IN: readonly PluginName[] = ["command"];

export interface Obtained<Origin> {
  origin: Origin;
  /** An executable, or a plugin's whole folder. */
  path: string;
  /** Equal for equal things. */
  identity: string;
}

export class Obtainer {
  /** Why each way that was tried is closed, in words for the user. */
  private readonly closed = new Set<string>();
  private unreachable: Promise<string | undefined> | undefined;
  private noGo: Promise<string | undefined> | undefined;

  constructor(
    private readonly cache: Cache,
    private readonly situation: Situation,
    private readonly versions: Versions,
    private readonly ways: Ways,
    private readonly progress: Progress,
  ) {}

  /** The CLI: one on PATH, else the official download, else a build. */
  async cli(): Promise<Obtained<CliOrigin>> {
    const found = (await this.cliOnPath()) ?? (await this.cliDownload()) ?? (await this.cliBuild());
    return found ?? this.fail(`the Pulumi CLI ${this.versions.pulumi}`);
  }

  /** A plugin: one that is there, else the official download, else a build. */
  async plugin(name: PluginName, pulumi: string): Promise<Obtained<PluginOrigin>> {
    const ready = this.situation.plugins[name];
    const found = ready ?? (await this.pluginDownload(name, pulumi)) ?? (await this.pluginBuild(name));
    return found ?? this.fail(`the Pulumi plugin ${name} ${this.versions.plugins[name]}`);
  }

  private async cliOnPath(): Promise<Obtained<CliOrigin> | undefined> {
    const wanted = this.versions.pulumi;
    const cli = this.situation.cli;
    if (!cli) {
      this.closed.add("there is no `pulumi` on PATH");
      return undefined;
    }
    const version = await this.ways.cliVersion(cli.path).catch((problem: unknown) => `broken (${firstLine(problem)})`);
    if (!fits(version, wanted)) {
      this.closed.add(`\`pulumi\` on PATH is ${version}, but ${wanted} is needed (${cli.path})`);
      return undefined;
    }
    if (!isExecutable(languageHostBeside(cli.path))) {
      this.closed.add(`\`pulumi\` on PATH has no pulumi-language-nodejs beside it (${cli.path})`);
      return undefined;
    }
    return { origin: "path", ...cli };
  }

  private async cliDownload(): Promise<Obtained<CliOrigin> | undefined> {
    const name = this.artifact("cli", this.versions.pulumi, "download");
    const path = join(this.cache.path(name), "bin", "pulumi");
    const done = await this.download(name, `downloading the Pulumi CLI ${this.versions.pulumi}`, async (staging) => {
      await this.ways.downloadCli(staging);
      if (!isExecutable(join(staging, "bin", "pulumi"))) {
        throw new Error("the installer left no bin/pulumi behind");
      }
      mark(join(staging, "bin"), "download");
    });
    return done ? { origin: "download", path, identity: name } : undefined;
  }

  private async cliBuild(): Promise<Obtained<CliOrigin> | undefined> {
    const built = await this.build("cli", "the Pulumi CLI", this.versions.pulumi, "pulumi");
    return built && { origin: "go-build", ...built };
  }

  private async pluginDownload(plugin: PluginName, pulumi: string): Promise<Obtained<PluginOrigin> | undefined> {
    const version = this.versions.plugins[plugin];
    const name = this.artifact(plugin, version, "download");
    const done = await this.download(name, `downloading the plugin ${plugin} ${version}`, async (staging) => {
      const home = join(staging, "home");
      await this.ways.downloadPlugin(pulumi, home, plugin, version);
      renameSync(join(home, "plugins", pluginFolder(plugin, version)), join(staging, "plugin"));
      removeFolder(home);
    });
    return done ? { origin: "download", path: join(this.cache.path(name), "plugin"), identity: name } : undefined;
  }

  private async pluginBuild(plugin: PluginName): Promise<Obtained<PluginOrigin> | undefined> {
    const standIn = STOOD_IN.includes(plugin);
    const what = `${standIn ? "a stand-in for the" : "the"} plugin ${plugin}`;
    const built = await this.build(plugin, what, this.versions.plugins[plugin], pluginExecutable(plugin));
    return built && { origin: standIn ? "stand-in" : "go-build", ...built };
  }

  private async download(name: string, title: string, fill: (staging: string) => Promise<void>): Promise<boolean> {
    if (existsSync(this.cache.path(name))) {
      return true;
    }
    this.unreachable ??= this.ways.whyUnreachable();
    const reason = await this.unreachable;
    if (reason !== undefined) {
      this.closed.add(`the official downloads cannot be reached: ${reason}`);
      return false;
    }
    try {
      await this.progress.phase(title, () => this.cache.folder(name, fill));
      return true;
    } catch (problem) {
      this.closed.add(`${title} failed: ${firstLine(problem)}`);
      return false;
    }
  }

  private async build(
    module: PluginName | "cli",
    what: string,
    version: string,
    executable: string,
  ): Promise<{ path: string; identity: string } | undefined> {
    const name = this.artifact(module, version, `go-${this.ways.goSourcesHash(module)}`);
    const built = { path: join(this.cache.path(name), executable), identity: name };
    if (existsSync(built.path)) {
      return built;
    }
    this.noGo ??= this.ways.whyNoGo();
    const reason = await this.noGo;
    if (reason !== undefined) {
      this.closed.add(reason);
      return undefined;
    }
    try {
      await this.progress.phase(`building ${what} ${version} with Go`, (detail) =>
        this.cache.folder(name, async (staging) => {
          const work = join(staging, "work");
          renameSync(await this.ways.goBuild({ module, version, staging: work, detail }), join(staging, executable));
          removeFolder(work);
        }),
      );
      return built;
    } catch (problem) {
      this.closed.add(problem instanceof ToolchainError ? problem.message : `building ${what} failed: ${firstLine(problem)}`);
      return undefined;
    }
  }

  private artifact(part: string, version: string, how: string): string {
    return join("artifacts", `${part}-${version}-${process.platform}-${process.arch}-${how}`);
  }

  private fail(what: string): never {
    const { pulumi, plugins } = this.versions;
    throw new ToolchainError(
      [
        `No way is open to get ${what}:`,
        ...[...this.closed].map((reason) => `  - ${reason.replaceAll("\n", "\n    ")}`),
        "Do one of these and run the same command again:",
        `  - install Go 1.26 or newer (https://go.dev/dl) and see that \`go\` is on PATH and reaches a module proxy`,
        `  - install Pulumi ${pulumi} (https://www.pulumi.com/docs/install) and see that \`pulumi\` is on PATH`,
        "  - where the downloads are behind a proxy, set HTTPS_PROXY",
        "  - put the plugins " +
          Object.entries(plugins)
            .map(([name, version]) => `${name} ${version}`)
            .join(", ") +
          " into a folder and run",
        "    npm run toolchain -- --plugin-dir FOLDER",
      ].join("\n"),
    );
  }
}

/** To be raised when the same parts are put together in another way, or the folders of before would be taken for the new ones. */
export const LAYOUT = 2;

/** What a whole toolchain is named by. */
export function selectionName(...parts: { identity: string }[]): string {
  return hashOf(
    LAYOUT,
    parts.map((part) => part.identity),
  );
}
