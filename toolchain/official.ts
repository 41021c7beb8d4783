// The official way: Pulumi's own installer and plugin downloads.
import { join } from "node:path";
import execa from "execa";
import { firstLine } from "./errors";
import type { PluginName } from "./versions";

/** Where the installer is; whoever reaches it reaches the plugins too. */
const INSTALLER = "https://get.pulumi.com/install.sh";
const REACHABILITY_TIMEOUT_MS = 3000;
const PLUGIN_TIMEOUT_MS = 10 * 60_000;

/** Asks once, for three seconds at most. Undefined when the downloads can be reached, else the reason why not. */
export async function whyUnreachable(): Promise<string | undefined> {
  try {
    const answer = await fetch(INSTALLER, { method: "HEAD", signal: AbortSignal.timeout(REACHABILITY_TIMEOUT_MS) });
    return answer.ok ? undefined : `the server answered ${answer.status}`;
  } catch (problem) {
    return firstLine(problem instanceof Error && problem.cause instanceof Error ? problem.cause : problem);
  }
}

/** Installs the CLI of the SDK's own version below `folder`; its executables are in `bin`. */
export async function downloadCli(folder: string): Promise<void> {
  // Loaded here alone: it takes a third of a second, and is needed once in a computer's life.
  const { PulumiCommand } = await import("@pulumi/pulumi/automation");
  await PulumiCommand.install({ root: folder });
}

/** Lets the CLI download one plugin into `pulumiHome`. */
export async function downloadPlugin(pulumi: string, pulumiHome: string, name: PluginName, version: string): Promise<void> {
  await execa(pulumi, ["plugin", "install", "resource", name, `v${version}`], {
    env: { PULUMI_HOME: pulumiHome, PULUMI_SKIP_UPDATE_CHECK: "1" },
    timeout: PLUGIN_TIMEOUT_MS,
  });
}

/** The version that a CLI says it has, e.g. `v3.256.0`. */
export async function cliVersion(pulumi: string): Promise<string> {
  const { stdout } = await execa(pulumi, ["version"], { env: { PULUMI_SKIP_UPDATE_CHECK: "1" }, timeout: 30_000 });
  return stdout.trim();
}

/** Where an installed CLI has its Node.js language host. */
export function languageHostBeside(pulumi: string): string {
  return join(pulumi, "..", "pulumi-language-nodejs");
}
