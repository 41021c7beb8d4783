// Machines with NixOS for tests: nixos-anywhere is run as an operator runs it.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SystemDescription } from "../../src/machines";
import { type Rig, run } from "./support";
import { system, writeFlake } from "./systems";

/** Runs nixos-anywhere with an `ssh` in front of its PATH that knows the way. */
export async function anywhere(
  it: Rig,
  serverId: number,
  phases: string,
  description: SystemDescription,
  ...more: string[]
): Promise<string> {
  const flake = await writeFlake(join(it.folder, "flake"), description);
  const shim = join(it.folder, "shim");
  await mkdir(shim, { recursive: true });
  const ssh = (await run("sh", ["-c", "command -v ssh"])).stdout.trim();
  await writeFile(join(shim, "ssh"), `#!/bin/sh\nexec ${ssh} -F ${it.host.sshConfig} -o LogLevel=ERROR "$@"\n`, { mode: 0o755 });
  const env = { ...process.env, PATH: `${shim}:${it.host.operatorBin}:${process.env.PATH ?? ""}` };
  const args = ["--phases", phases, "--flake", `${flake}#${description.hostName}`, "-i", it.key, ...more, `root@198.18.0.${serverId}`];
  // As careful people have it: what arrives on the machine must be readable to its users all the same.
  const result = await run("sh", ["-c", 'umask 077; exec nixos-anywhere "$@"', "sh", ...args], "", env);
  return `${result.code === 0 ? "" : `exit code ${result.code}: `}${result.stderr}`;
}

/** A server that has booted NixOS: everything on the root disk, or home and store on a volume (which is created unless it is there). */
export async function installed(
  it: Rig,
  serverId: number,
  options: { volumeId?: number; change?: Partial<SystemDescription> } = {},
): Promise<SystemDescription> {
  const { volumeId, change } = options;
  const description = system({ serverId, volumeId, keys: [it.publicKey], change });
  await it.server(serverId);
  if (volumeId !== undefined) await it.host.attachVolume(serverId, volumeId);
  expect(await anywhere(it, serverId, "kexec,disko", description)).toMatch(/^###.*Done! ###$/ms);
  if (volumeId !== undefined) await mountVolume(it, serverId, volumeId);
  const since = it.journal.entries.length;
  expect(await anywhere(it, serverId, "install,reboot", description, "--copy-host-keys")).toMatch(/^###.*Done! ###$/ms);
  await it.until(/^boot nixos/, since);
  return description;
}

/** As the operator's own step does between disko and install. */
export async function mountVolume(it: Rig, serverId: number, volumeId: number): Promise<void> {
  const device = `/dev/disk/by-id/scsi-0HC_Volume_${volumeId}`;
  await it.on(
    serverId,
    `mkdir -p /mnt/home /mnt/nix && mount ${device} /mnt/home && mkdir -p /mnt/home/.nix && mount --bind /mnt/home/.nix /mnt/nix`,
  );
}

/**
 * Puts a changed flake onto the machine and builds it.
 *
 * @returns the new system's store path
 */
export async function built(it: Rig, serverId: number, change: Partial<SystemDescription>): Promise<string> {
  const json = JSON.stringify(system({ serverId, keys: [it.publicKey], change }));
  await it.ssh(serverId, "mkdir -p /etc/nixos && touch /etc/nixos/flake.nix && cat >/etc/nixos/devserver.json", { input: json });
  return it.on(serverId, "cd /tmp && nixos-rebuild build --flake /etc/nixos#devserver >&2 && readlink -f result");
}
