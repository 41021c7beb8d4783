// The ways by which a part of the toolchain can be got. They are apart from the choice between them, so that the choice can be
// tested without a network and without building anything.
import { goBuild, goSourcesHash, whyNoGo, type GoBuild, type GoModule } from "./goBuild";
import { bundleLanguageHost, languageHostHash } from "./languageHost";
import { cliVersion, downloadCli, downloadPlugin, whyUnreachable } from "./official";
import type { PluginName } from "./versions";

export interface Ways {
  /** The version an existing CLI says it has. */
  cliVersion(pulumi: string): Promise<string>;
  /** Undefined when the official downloads can be reached, else the reason why not; takes seconds at most. */
  whyUnreachable(): Promise<string | undefined>;
  /** Installs the official CLI; its executables are in `bin` of the folder afterwards. */
  downloadCli(folder: string): Promise<void>;
  /** Downloads one official plugin into a Pulumi home. */
  downloadPlugin(pulumi: string, pulumiHome: string, name: PluginName, version: string): Promise<void>;
  /** Undefined when Go can build, else the reason why not. */
  whyNoGo(): Promise<string | undefined>;
  /** A name for what Go would build. */
  goSourcesHash(module: GoModule): string;
  /** Builds with Go and returns the executable. */
  goBuild(build: GoBuild): Promise<string>;
  /** A name for the language host that would be bundled. */
  languageHostHash(): string;
  /** Makes the language host. */
  bundleLanguageHost(output: string): Promise<void>;
}

/** The ways as they are in the world. */
export function realWays(env: NodeJS.ProcessEnv): Ways {
  return {
    cliVersion,
    whyUnreachable,
    downloadCli,
    downloadPlugin,
    whyNoGo: () => whyNoGo(env),
    goSourcesHash,
    goBuild: (build) => goBuild(build, env),
    languageHostHash,
    bundleLanguageHost,
  };
}
