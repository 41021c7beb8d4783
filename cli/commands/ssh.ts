// `vps ssh MACHINE [-- COMMAND]`: onto the machine, with its host key pinned.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { constants, homedir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { sshConfigBlock } from "../../components/sshConfig";
import type { StepContext } from "../../steps/context";
import { openConnections } from "../../steps/ssh/connections";
import type { Registration } from "../registration";
import { type MachineRecord, openStack } from "../stack";
import { workOn } from "../workOn";

export const ssh: Registration = (vps) => {
  vps
    .command("ssh <machine> [command...]")
    .description("log in as the machine's admin with your own key; with a command after --, run it")
    .option("--root", "as root, with the key that `pulumi up` has")
    .action(async (name: string, words: string[], options: { root?: true }, command: Command) => {
      const stack = await openStack(command);
      const machine = stack.machine(name);
      process.exitCode = await workOn(machine, { name: "ssh", project: stack.folder, alone: false }, async (context) => {
        const config = options.root ? await rootConfig(machine, context) : await adminConfig(machine, context);
        return run(["-F", config, options.root ? machine.document.address : name, ...words]);
      });
    });
};

/** The person's own configuration comes after ours, so that it adds their keys and their way out, and cannot loosen whom we trust. */
async function adminConfig({ name, document }: MachineRecord, { workspace }: StepContext): Promise<string> {
  const { address, facts, ssh: identity } = document;
  const block = sshConfigBlock({
    machine: name,
    address,
    port: identity.port,
    user: facts.admin.name,
    hostPublicKey: identity.hostPublicKey,
  });
  const more = [process.env["NIXOS_VPS_SSH_CONFIG"], join(homedir(), ".ssh", "config")].filter((file) => file !== undefined && file !== "");
  const file = join(workspace, "ssh_config");
  await writeFile(file, [block, ...more.map((own) => `Match all\nInclude "${own ?? ""}"`), ""].join("\n"), { mode: 0o600 });
  return file;
}

async function rootConfig({ document }: MachineRecord, context: StepContext): Promise<string> {
  return (await openConnections(document, context)).final.files.config;
}

/** In the foreground, with the terminal as it is. */
async function run(args: string[]): Promise<number> {
  const child = spawn("ssh", args, { stdio: "inherit" });
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + constants.signals[signal ?? "SIGTERM"];
}
