// From a partitioned server to a running NixOS: install, restart, wait. Both stage (store on the root disk) and takeOver (store on a
// volume) end with it.
import { join } from "node:path";
import type { StepContext } from "../context";
import type { StepInput } from "../documents";
import { type Facts, storeOnVolume } from "../facts";
import { flakeHash, systemHash } from "../system/flakeFolder";
import { makeExtraFiles } from "../nixosAnywhere/extraFiles";
import { runNixosAnywhere } from "../nixosAnywhere/run";
import { packFolder } from "../system/sendFlake";
import type { Connections } from "../ssh/connections";
import { awaitMachine, type Contact } from "../ssh/contact";
import { callScript, runScript } from "../ssh/remote";
import { becauseLost } from "../ssh/withContact";

const MINUTE = 60_000;

export interface Installation {
  input: Pick<StepInput<"takeOver">, "machine" | "server" | "address" | "ssh" | "hostKey" | "reinstall" | "passphrases">;
  facts: Facts;
  /** Folder of the machine's flake. */
  flake: string;
  connections: Connections;
  /** The installer, with everything mounted below /mnt. */
  contact: Contact;
  context: StepContext;
  /** Store path of the system where it is below /mnt already. */
  prepared?: string;
  /** What state things are in if this fails, and what to do then. */
  state: string;
  next: string;
}

/**
 * Installs, and lets the server restart into what was installed.
 *
 * @throws StepError when it cannot be installed; LostContact when the server restarted too early: find out then what runs
 */
export async function installSystem(installation: Installation): Promise<void> {
  const { input, facts, flake, connections, contact, context, prepared, state, next } = installation;
  context.progress.phase("installing NixOS and restarting into it");
  const extraFiles = join(context.workspace, "extra-files");
  makeExtraFiles(extraFiles, {
    hostKeyPath: facts.ssh.hostKey,
    hostKey: input.hostKey,
    hostPublicKey: input.ssh.hostPublicKey,
    flake,
    reason: systemHash(flakeHash(flake), facts),
    reinstall: input.reinstall,
    passphrases: input.passphrases,
    volumesUnchecked: !storeOnVolume(facts) && facts.storage.volumes.length > 0,
  });
  if (prepared === undefined) {
    await runNixosAnywhere(context, {
      phases: ["install", "reboot"],
      connection: contact.connection,
      machine: input.machine,
      flake,
      extraFiles,
      limitMs: 90 * MINUTE,
      state,
      next,
    }).catch(async (failure: unknown) => {
      throw await becauseLost(context, connections, contact, failure);
    });
  } else {
    await installPrepared(installation, prepared, extraFiles);
  }
}

/**
 * @returns the running NixOS
 * @throws StepError when it does not come up
 */
export async function awaitInstalled({
  input,
  connections,
  contact,
  context,
  state,
  next,
}: Omit<Installation, "facts" | "flake" | "prepared">): Promise<Contact> {
  return awaitMachine(context, connections, {
    accept: ["nixos"],
    first: "final",
    notBoot: contact.bootId,
    waitingFor: `NixOS on ${input.server.name} to answer at ${input.address} port ${input.ssh.port}`,
    limitMs: 10 * MINUTE,
    state: `NixOS is installed on ${input.server.name} and the server was restarted. ${state}`,
    next: `Look at the server's console in the Hetzner console: it says where the boot stopped. ${next}`,
  });
}

/** Nothing is evaluated, built or copied: this is the time in which nobody serves. */
async function installPrepared({ context, contact, state, next }: Installation, system: string, extraFiles: string): Promise<void> {
  const trouble = { state, next };
  await runScript(context, contact.connection, {
    script: "installPrepared",
    args: [system],
    payload: await packFolder(context, extraFiles, trouble),
    relay: "nixos-install",
    limitMs: 20 * MINUTE,
    ...trouble,
  });
  // The answer may get lost with the connection: what counts is the next boot.
  await callScript(context, contact.connection, { script: "leaveInstaller", limitMs: MINUTE });
}
