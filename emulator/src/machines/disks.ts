// What happens to a machine's disks from outside: its root disk is written with an image, volumes come and go.
import { mkdir, rm } from "node:fs/promises";
import { packIdentity, writeImage } from "./image";
import type { Machine } from "./machine";
import { restoreSnapshot } from "./snapshots";
import { createDiskFile, growDiskFile } from "./volumes";

/** A new machine's root disk with its image. */
export async function createRootDisk(machine: Machine): Promise<void> {
  await mkdir(machine.paths.folder, { recursive: true });
  const file = machine.world.paths.rootDisk(machine.id);
  await rm(file, { force: true });
  await createDiskFile(file, machine.spec.diskGB, null);
  await writeRootDisk(machine);
}

/** The image anew, with the identity of the machine's creation. The machine must be off. */
export async function writeRootDisk(machine: Machine): Promise<void> {
  const { paths, spec, world } = machine;
  const warnings =
    spec.snapshot === undefined
      ? await writeImage(paths.disk, spec)
      : await restoreSnapshot(machine, spec.snapshot).then(() => packIdentity(paths.identity, world.paths.temporary, spec));
  for (const warning of warnings) machine.note(warning);
  machine.firstBoot = true;
}

/** More memory at the next boot, a larger disk at once. Disks never shrink. */
export async function resizeMachine(machine: Machine, size: { memoryMiB: number; diskGB: number }): Promise<void> {
  machine.spec.memoryMiB = size.memoryMiB;
  if (size.diskGB <= machine.spec.diskGB) return;
  machine.spec.diskGB = size.diskGB;
  await growDiskFile(machine.world.paths.rootDisk(machine.id), size.diskGB);
}

/** @param automount the cloud image's tools mount it, now or when it boots; other systems have no such tools */
export async function attachVolume(machine: Machine, volumeId: number, file: string, automount: boolean): Promise<void> {
  await machine.exclusive(() => machine.devices.attach(volumeId, file, machine.namespace));
  machine.note(`volume ${volumeId} attached`);
  if (!automount) return;
  machine.toMount.add(volumeId);
  if (machine.running === "image") await machine.mountWaiting();
}

/** The device vanishes. That it was still mounted is a violation, also when the machine has crashed and nobody took its power first. */
export async function detachVolume(machine: Machine, volumeId: number): Promise<void> {
  const crashed = machine.running === "crashed" ? (machine.mountedAtCrash.get(volumeId) ?? []) : [];
  const mounts = await machine.exclusive(() => machine.devices.detach(volumeId, machine.namespace));
  machine.note(`volume ${volumeId} detached`);
  machine.toMount.delete(volumeId);
  for (const mount of [...crashed, ...mounts]) {
    machine.world.journal.add({ kind: "violation", serverId: machine.id, text: `volume ${volumeId} detached while mounted at ${mount}` });
  }
  await machine.look();
}
