// The two ways to a machine, as files in the step's private folder.
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { StepContext } from "../context";
import type { StepInput } from "../documents";
import { knownHostsLine, sshConfig, type SshConfigFiles, type SshTarget } from "./config";

type Connectable = Pick<StepInput<"lease">, "machine" | "address" | "ssh">;

/** A pinned way to whoever holds the private half of one host key. */
export interface Connection {
  /** Which of the machine's two identities is expected. */
  pin: "bootstrap" | "final";
  target: SshTarget;
  files: SshConfigFiles & { config: string };
}

export interface Connections {
  /** Cloud image and installer: port 22, the host key that cloud-init was given and that kexec keeps. */
  bootstrap: Connection;
  /** The finished NixOS: its own port, its own host key. */
  final: Connection;
  /** The same before its port was changed; only where that is so. */
  former?: Connection;
}

export interface ConnectionOptions {
  /** Where NixOS may still listen, if its port was changed since. */
  formerPort?: number;
  /** Seconds for a door to open. */
  connectSeconds?: number;
}

/** Writes keys, known hosts and configurations (0600). */
export async function openConnections(
  input: Connectable,
  { workspace }: StepContext,
  { formerPort, connectSeconds }: ConnectionOptions = {},
): Promise<Connections> {
  const identity = resolve(workspace, "deploy-key");
  await writeFile(identity, withNewline(input.ssh.deployKey), { mode: 0o600 });
  const make = async (pin: Connection["pin"], port: number, hostPublicKey: string, name: string = pin): Promise<Connection> => {
    const target: SshTarget = { address: input.address, port, alias: `${pin}.${input.machine}`, hostPublicKey };
    const files = {
      identity,
      knownHosts: resolve(workspace, `known-hosts.${name}`),
      include: process.env.NIXOS_VPS_SSH_CONFIG || undefined,
      config: resolve(workspace, `ssh-config.${name}`),
    };
    await writeFile(files.knownHosts, knownHostsLine(target), { mode: 0o600 });
    await writeFile(files.config, sshConfig(target, files, connectSeconds), { mode: 0o600 });
    return { pin, target, files };
  };
  return {
    bootstrap: await make("bootstrap", 22, input.ssh.bootstrapHostPublicKey),
    final: await make("final", input.ssh.port, input.ssh.hostPublicKey),
    former:
      formerPort === undefined || formerPort === input.ssh.port
        ? undefined
        : await make("final", formerPort, input.ssh.hostPublicKey, "former"),
  };
}

/** ssh refuses a private key file that does not end in a line break. */
function withNewline(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
