// Snapshots and backups: copies of a machine's root disk, each in a folder of its own, whatever becomes of the machine.
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { isFolder } from "./boot/begin";
import type { Machine } from "./machine";
import type { Paths } from "./paths";
import { exec } from "./process";

const GIB = 1024 ** 3;

/**
 * Copies a machine's root disk. A machine that runs stands still meanwhile: the copy is as after a power failure at that moment.
 *
 * @returns GB that are on it
 * @throws Error when the disk could not be copied; nothing of the image is left then
 */
export function takeSnapshot(machine: Machine, imageId: number): Promise<number> {
  const image = machine.world.paths.image(imageId);
  const part = `${image}.part`;
  return machine.exclusive(async () => {
    await mkdir(part, { recursive: true });
    await standStill(machine, true);
    try {
      for (const name of ["kind", "root", "boot"]) await copyIfThere(join(machine.paths.disk, name), part);
      await rename(part, image);
    } finally {
      await standStill(machine, false);
      await rm(part, { recursive: true, force: true });
    }
    const [bytes = "0"] = (await exec("du", ["-s", "--block-size=1", image])).split("\t");
    return Math.max(0.01, Math.round((Number(bytes) / GIB) * 100) / 100);
  });
}

/** The root disk becomes what an image holds. The machine must be off. */
export async function restoreSnapshot(machine: Machine, imageId: number): Promise<void> {
  const { disk } = machine.paths;
  const image = machine.world.paths.image(imageId);
  if (!(await isFolder(image))) throw new Error(`image ${imageId} holds no disk`);
  await rm(disk, { recursive: true, force: true });
  await exec("cp", [...COPY, image, disk]);
}

export async function deleteSnapshot(paths: Paths, imageId: number): Promise<void> {
  await rm(paths.image(imageId), { recursive: true, force: true });
}

const COPY = ["-a", "--reflink=auto", "--sparse=always", "--no-target-directory", "--"];

async function copyIfThere(from: string, into: string): Promise<void> {
  await exec("sh", ["-c", 'if [ -e "$1" ]; then cp -a --reflink=auto --sparse=always -- "$1" "$2/"; fi', "sh", from, into]);
}

/** Every process of the machine but its first, which only carries requests. */
async function standStill({ namespace }: Machine, still: boolean): Promise<void> {
  await namespace?.run(["sh", "-c", `kill -s ${still ? "STOP" : "CONT"} -1`]);
}
