import type { PluginName } from "./versions";

/** How the Pulumi CLI and its language host were got. */
export type CliOrigin = "path" | "download" | "go-build";

/** How a plugin was got; `stand-in` is our own replacement, built with Go, of a plugin that cannot be built from its source. */
export type PluginOrigin = "installed" | "download" | "go-build" | "plugin-dir" | "stand-in";

/** Everything it takes to run Pulumi programs of this project. */
export interface Toolchain {
  /** The Node.js that runs programs and scripts: version 22 or newer. */
  node: string;
  /** The Pulumi CLI. */
  pulumi: string;
  /** PULUMI_HOME: holds the plugins; apart from the user's own `~/.pulumi`. */
  pulumiHome: string;
  /** The folders to put in front of PATH. */
  path: string[];
  /** What to add to the environment of `pulumi`; PATH in it is complete. */
  env: Record<string, string>;
  origin: { cli: CliOrigin; plugins: Record<PluginName, PluginOrigin> };
}
