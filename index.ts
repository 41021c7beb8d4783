// The program: what the stack's configuration asks for becomes machines, and what a person needs of them becomes outputs.
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Machine, checkVolumes, cloudAccess, existingVolumes, formerVolumes, refuseRenames } from "./components";
import { loadConfig } from "./config";
import { flakeHash } from "./steps/system/flakeFolder";

/** The flake that makes up the systems, relative to the project's folder. */
const FLAKE = "nix";

export = () => declare().catch(refuse);

async function declare() {
  const stack = loadConfig(join(FLAKE, "hosts")); // every mistake is reported here, before the first request
  const cloud = cloudAccess();
  const existing = await existingVolumes(cloud, pulumi.getStack());
  checkVolumes(stack.machines, existing);
  refuseRenames(stack.machines, existing);
  const former = await formerVolumes();
  const flake = { path: FLAKE, hash: flakeHash(FLAKE) };
  const machines = stack.machines.map(
    (config) => [config.name, new Machine(config.name, { config, cloud: pulumi.secret(cloud), existing, former, flake })] as const,
  );
  return {
    /** By machine: how to get there, and what it is made of at the moment. */
    machines: Object.fromEntries(
      machines.map(([name, { address, sshCommand, hostPublicKey, serverId, volumeIds, fileSystems, generation }]) => [
        name,
        { address, sshCommand, hostPublicKey, serverId, volumeIds, fileSystems, generation },
      ]),
    ),
    /** For `~/.ssh/config`: `pulumi stack output sshConfig > ~/.ssh/nixos-vps && echo "Include nixos-vps" >> ~/.ssh/config` */
    sshConfig: pulumi.all(machines.map(([, machine]) => machine.sshConfig)).apply((blocks) => blocks.join("\n")),
  };
}

/**
 * Refusals are for a person, who has no use for a stack trace. In what is a bug of ours, the frames of packages are left out: Node 22 takes
 * 15 s to colour one in a scoped package's top folder, as the SDK's are.
 */
function refuse(error: unknown): never {
  if (pulumi.RunError.isInstance(error)) delete error.stack;
  else if (error instanceof Error && error.stack) error.stack = withoutPackages(error.stack);
  throw error;
}

function withoutPackages(stack: string): string {
  const lines = stack.split("\n");
  return lines.filter((line) => !line.includes("node_modules")).join("\n");
}
