// The one file here that knows Pulumi: it brings the raw configuration and turns a report into Pulumi's own kind of error.
import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { ApiToken } from "./context";
import { encryptedPlacesIn } from "./reading/stackFile";
import { InvalidConfig, parseConfig } from "./parse";
import type { StackConfig } from "./types";

const NAMESPACE = "nixos-vps:";

/** Mistakes in the stack's configuration. The engine prints a `RunError` without a stack trace. */
export class ConfigError extends pulumi.RunError {
  constructor(readonly report: InvalidConfig) {
    super(report.message);
  }
}

/**
 * The configuration of the stack that is being run. Call it before the first resource is made.
 *
 * @param hostsFolder where a host of one's own is a file
 * @param folder the project's, with the stack's file
 * @throws {ConfigError} with all mistakes at once
 */
export function loadConfig(hostsFolder: string, folder = process.cwd()): StackConfig {
  const secretKeys = Object.keys(pulumi.runtime.allConfig()).filter(isSecret);
  const file = path.join(folder, `Pulumi.${pulumi.getStack()}.yaml`);
  try {
    return parseConfig(rawConfig(), {
      stack: pulumi.getStack(),
      hosts: hostEntriesIn(hostsFolder),
      token: apiToken(),
      secretKeys,
      // Only then is there anything to be found in it.
      ...(secretKeys.some((key) => key.startsWith(NAMESPACE)) && { encryptedPlaces: encryptedPlacesIn(file, NAMESPACE) }),
    });
  } catch (error) {
    throw error instanceof InvalidConfig ? new ConfigError(error) : error;
  }
}

/** All keys of the project's namespace and not only the known ones: a misspelt one must not be passed over. */
function rawConfig(): Record<string, unknown> {
  const own = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(NAMESPACE));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(NAMESPACE.length), fromJson(value)]));
}

/** Pulumi hands lists and objects over as JSON, and plain values as they are. */
function fromJson(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

function apiToken(): ApiToken {
  const value = new pulumi.Config("hcloud").get("token");
  if (value !== undefined) return { from: "config", value, inTheClear: !isSecret("hcloud:token") };
  const fromEnvironment = process.env["HCLOUD_TOKEN"];
  return fromEnvironment === undefined || fromEnvironment === "" ? { from: "nowhere" } : { from: "environment", value: fromEnvironment };
}

/** The SDK knows which keys hold a secret, also deep inside, but leaves it out of its types. */
function isSecret(key: string): boolean {
  return (pulumi.runtime as unknown as { isConfigSecret(key: string): boolean }).isConfigSecret(key);
}

function hostEntriesIn(folder: string): string[] {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .filter((entry) => /(\/|\.nix)$/.test(entry));
}
