// From a configuration without problems to what the program works with: every default that follows from something else.
import { FALLBACK_HOST, type ConfigContext, hostEntries } from "./context";
import { firewallRules } from "./firewall";
import { systemOf } from "./hetzner/serverTypes";
import type { WrittenAdmin, WrittenMachine, WrittenStack } from "./schema";
import { layoutOf, mountPointOf, storesOf } from "./storage";
import type { AdminConfig, MachineConfig, StackConfig, VolumeConfig } from "./types";

const DEFAULT_ADMIN: AdminConfig = { name: "admin", uid: 1000, sshKeys: [] };

export function resolve(written: WrittenStack, context: ConfigContext): StackConfig {
  return { machines: Object.entries(written.machines).map(([name, machine]) => resolveMachine(name, machine, written.admin, context)) };
}

function resolveMachine(name: string, machine: WrittenMachine, admin: WrittenAdmin, { hosts }: ConfigContext): MachineConfig {
  const { firewall, host, ...same } = machine;
  const volumes = resolveVolumes(machine.volumes);
  return {
    ...same,
    name,
    system: systemOf(machine.serverType),
    host: host ?? (hostEntries(name, hosts).length > 0 ? name : FALLBACK_HOST),
    admin: { ...DEFAULT_ADMIN, ...admin, ...machine.admin },
    volumes,
    healthChecks: Object.entries(machine.healthChecks).map(([check, written]) => ({ status: 200, ...written, name: check })),
    storage: layoutOf(volumes),
    firewall: firewall && { rules: firewallRules(firewall.allow, machine.ssh.port) },
  };
}

function resolveVolumes(volumes: WrittenMachine["volumes"]): VolumeConfig[] {
  const stores = storesOf(volumes);
  return Object.entries(volumes).map(([name, volume]) => ({
    name,
    size: volume.size,
    mountPoint: mountPointOf(name, volume),
    store: stores.includes(name),
    encrypted: volume.encrypted,
    ...(volume.passphrase !== undefined && { passphrase: volume.passphrase }),
  }));
}
