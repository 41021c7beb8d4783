// Running nixos-anywhere phase by phase, under our host keys and our limits: it checks no host key and waits without end on its own.
import { isIPv6 } from "node:net";
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { StepContext } from "../context";
import { childEnvironment } from "../operator/children";
import type { Connection } from "../ssh/connections";
import { sshShim } from "../ssh/shim";
import { StepError } from "../stepError";
import { findInstaller } from "./find";

export type Phase = "kexec" | "disko" | "install" | "reboot";

export interface InstallerRun {
  phases: Phase[];
  /** Cloud image or installer; the finished machine has another key and is never installed over. */
  connection: Connection;
  machine: string;
  /** Folder of the machine's flake. */
  flake: string;
  /** Folder whose files are put below the new system's root. */
  extraFiles?: string;
  limitMs: number;
  state: string;
  next: string;
}

/**
 * @throws StepError when it fails or does not end within the limit
 */
export async function runNixosAnywhere(context: StepContext, run: InstallerRun): Promise<void> {
  const { connection } = run;
  const { address } = connection.target;
  // Its destination becomes part of a store URL, which a bare IPv6 address would break; the shim turns the name back into the address.
  const destination = isIPv6(address) ? `${run.machine}.invalid` : address;
  const shim = join(context.workspace, "bin");
  await mkdir(shim, { recursive: true, mode: 0o700 });
  await mkdir(join(context.workspace, "home"), { recursive: true, mode: 0o700 });
  await writeFile(join(shim, "ssh"), sshShim(connection.target, connection.files, destination), { mode: 0o700 });

  const path = process.env.PATH ?? "";
  const { include } = connection.files;
  const installer = findInstaller({ path, shim, workspace: context.workspace, alsoMount: include === undefined ? [] : [include] });
  const args = [
    ...["--phases", run.phases.join(",")],
    ...["--flake", `${run.flake}#${run.machine}`],
    // Always the same key: it makes a new one for each run otherwise and may lock itself out (nixos-deployment.md §1.5).
    ...["-i", connection.files.identity],
    ...["--build-on", "auto"],
    ...(run.extraFiles === undefined ? [] : ["--extra-files", run.extraFiles]),
    `root@${destination}`,
  ];
  const result = await context.children.run(installer.command, [...installer.args, ...args], {
    env: childEnvironment({
      PATH: `${shim}${delimiter}${path}`,
      // It keeps a copy of the key there; ours is removed whatever becomes of it.
      TMPDIR: context.workspace,
      // ssh-copy-id writes below HOME; the operator's own ~/.ssh is not its business. Nix keeps its caches where they are.
      ...(installer.kind === "docker" ? {} : { GIT_SSH_COMMAND: process.env.GIT_SSH_COMMAND ?? plainSsh(path) }),
    }),
    limitMs: run.limitMs,
    onLine: (line) => context.progress.relay("nixos-anywhere", line),
    lines: "both",
  });
  if (result.code === 0) return;
  const how = result.timedOut
    ? `did not end within ${Math.round(run.limitMs / 60_000)} min and was stopped`
    : `failed (exit code ${result.code})`;
  throw new StepError({
    what: `nixos-anywhere (${run.phases.join(", ")}) ${how}; its own words stand above.`,
    state: run.state,
    next: run.next,
  });
}

/** Private inputs of a flake are fetched by git over the operator's own ssh, not with the machine's key. */
function plainSsh(path: string): string {
  return `env PATH='${path.replaceAll("'", `'\\''`)}' ssh`;
}
