// The plugins must be of the very versions that the npm packages ask the engine for, so those are the one place they stand.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

export const PLUGIN_NAMES = ["hcloud", "random", "command"] as const;

export type PluginName = (typeof PLUGIN_NAMES)[number];

export interface Versions {
  /** Of the Pulumi CLI, which is that of the npm package @pulumi/pulumi. */
  pulumi: string;
  plugins: Record<PluginName, string>;
}

/** The versions of the installed npm packages. */
export function wantedVersions(): Versions {
  return {
    pulumi: packageVersion("@pulumi/pulumi"),
    plugins: forEachPlugin((name) => packageVersion(`@pulumi/${name}`)),
  };
}

/** The version of an installed npm package. */
export function packageVersion(name: string): string {
  const manifest = createRequire(__filename).resolve(`${name}/package.json`);
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}

/** A record with one entry for each plugin. */
export function forEachPlugin<T>(value: (name: PluginName) => T): Record<PluginName, T> {
  return Object.fromEntries(PLUGIN_NAMES.map((name) => [name, value(name)])) as Record<PluginName, T>;
}

/** Whether a `pulumi` of this version can stand in for the wanted one: patch releases of the same minor version do. */
export function fits(found: string, wanted: string): boolean {
  const minor = (version: string) => version.trim().replace(/^v/, "").split(".").slice(0, 2).join(".");
  return minor(found) === minor(wanted);
}

/** What the engine calls the folder of a resource plugin. */
export function pluginFolder(name: PluginName, version: string): string {
  return `resource-${name}-v${version}`;
}

/** What the engine calls the executable of a resource plugin. */
export function pluginExecutable(name: PluginName): string {
  return `pulumi-resource-${name}`;
}
