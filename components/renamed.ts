// A machine or a volume that bears another name in the configuration is, to Pulumi, one that goes and one that comes: new, empty volumes
// in place of those that hold the data. Nothing would be lost, as volumes are kept, but nobody who renames something means that.
import * as pulumi from "@pulumi/pulumi";
import type { MachineConfig } from "../config";
import type { ExistingVolume } from "./cloud";

/**
 * Refuses what looks like a rename: volumes of a name that is no longer configured are still in use, and in the same `up` new ones of
 * another name are to be made. In two ups, first the one and then the other, it is what it says; so it is where the volumes are on no server,
 * as after `pulumi destroy`: then nobody can tell a new name from a new machine (docs/drift.md has the way back).
 *
 * @throws {pulumi.RunError} with both ways out; nothing was declared yet
 */
export function refuseRenames(machines: MachineConfig[], existing: ExistingVolume[]): void {
  const inUse = existing.filter((volume) => volume.server !== null);
  const refusal = renamedMachine(machines, inUse, existing) ?? renamedVolume(machines, inUse, existing);
  if (refusal !== undefined) throw new pulumi.RunError(refusal);
}

function renamedMachine(machines: MachineConfig[], inUse: ExistingVolume[], existing: ExistingVolume[]): string | undefined {
  const gone = inUse.filter((volume) => !machines.some(({ name }) => name === volume.machine));
  for (const volume of gone) {
    const successor = machines.find(
      ({ name, volumes }) => volumes.some((wanted) => wanted.name === volume.purpose) && !existing.some((other) => other.machine === name),
    );
    if (successor) return machineWords(volume, successor.name);
  }
  return undefined;
}

function renamedVolume(machines: MachineConfig[], inUse: ExistingVolume[], existing: ExistingVolume[]): string | undefined {
  for (const { name, volumes } of machines) {
    const own = existing.filter((volume) => volume.machine === name);
    const gone = inUse.find((volume) => volume.machine === name && !volumes.some((wanted) => wanted.name === volume.purpose));
    const comes = volumes.find((wanted) => !own.some((volume) => volume.purpose === wanted.name));
    if (gone && comes) return volumeWords(gone, comes.name);
  }
  return undefined;
}

function machineWords({ id, name, machine, purpose }: ExistingVolume, successor: string): string {
  return (
    `${machine} is not in the configuration any more while its volume ${purpose} (${id.toString()}) is in use, and ${successor} is new. ` +
    `${successor} would get new, empty volumes. Nothing was changed.\n` +
    `If ${successor} is ${machine} under another name:\n` +
    `  1. take ${machine} out and leave ${successor} out, \`pulumi up\`: the server goes, the volumes are kept;\n` +
    `  2. give the volume ${name} the label nixos-vps/machine=${successor} in Hetzner's console;\n` +
    `  3. put ${successor} in, \`pulumi up\`: it finds the volume.\n` +
    `If ${successor} is another machine: take ${machine} out and \`pulumi up\` first, then put ${successor} in.`
  );
}

function volumeWords({ id, name, machine, purpose }: ExistingVolume, successor: string): string {
  return (
    `${machine}: the volume ${purpose} (${id.toString()}) is not in the configuration any more while it is in use, and ${successor} is new. ` +
    `${successor} would be a new, empty volume. Nothing was changed.\n` +
    `If only the place is to change, keep the name ${purpose} and set its mountPoint. ` +
    `If ${successor} is to be the name of the same volume: take ${purpose} out and \`pulumi up\`, give the volume ${name} the label ` +
    `nixos-vps/purpose=${successor} in Hetzner's console, then put ${successor} in and \`pulumi up\` again.\n` +
    `If ${successor} is another volume: do the one and then the other, with a \`pulumi up\` each.`
  );
}
