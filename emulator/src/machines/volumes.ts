// Volumes and root disks as sparse files, and the loop devices by which the kernel shows them.
import { readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { exec } from "./process";
import { privileged } from "./privilege";

const GIB = 1024 ** 3;

/**
 * A sparse file of so many GB with a real file system on it, or none.
 *
 * @throws Error when the program that makes the file system is missing
 */
export async function createDiskFile(path: string, sizeGB: number, format: "ext4" | "xfs" | null): Promise<void> {
  await writeFile(path, "", { flag: "wx", mode: 0o600 });
  await truncate(path, sizeGB * GIB);
  try {
    // Lazily, or it would write a hundred MB for nothing.
    if (format === "ext4") await exec("mkfs.ext4", ["-q", "-F", "-E", "lazy_itable_init=1,lazy_journal_init=1", path]);
    if (format === "xfs") await exec("mkfs.xfs", ["-q", path]);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** What is "on" a disk file where it cannot be mounted, because the emulator is not root. */
export function contentOf(path: string): string {
  return path.replace(/\.img$/, ".d");
}

/** Larger only; a machine that has it attached sees the new size at once. */
export async function growDiskFile(path: string, sizeGB: number): Promise<void> {
  const { size } = await stat(path);
  if (sizeGB * GIB < size) throw new Error(`${path} has ${size / GIB} GB and cannot shrink to ${sizeGB} GB`);
  await truncate(path, sizeGB * GIB);
  for (const loop of privileged ? await loopsOf(path) : []) await exec("losetup", ["--set-capacity", loop]);
}

/** Loop devices that show this file now. */
async function loopsOf(path: string): Promise<string[]> {
  return (await loops()).filter(({ file }) => file === path).map(({ loop }) => loop);
}

/** Loop devices that show files below a folder. */
export async function loopsBelow(folder: string): Promise<{ loop: string; file: string }[]> {
  return (await loops()).filter(({ file }) => file.startsWith(`${folder}/`));
}

async function loops(): Promise<{ loop: string; file: string }[]> {
  const block = "/sys/block";
  const found: { loop: string; file: string }[] = [];
  for (const name of await readdir(block).catch(() => [])) {
    if (!name.startsWith("loop")) continue;
    const backing = await readFile(join(block, name, "loop/backing_file"), "utf8").catch(() => "");
    if (backing !== "") found.push({ loop: `/dev/${name}`, file: backing.trim() });
  }
  return found;
}

/**
 * Waits until the kernel has let go of a file, i.e. has written everything to it. Only then may another machine have it.
 *
 * @throws Error when that takes longer than 20 s
 */
export async function untilReleased(path: string): Promise<void> {
  if (!privileged) return;
  for (let tries = 0; tries < 4000; tries++) {
    if ((await loopsOf(path)).length === 0) return;
    await sleep(5);
  }
  throw new Error(`${path} is still in use by ${(await loopsOf(path)).join(", ")} after 20 s, although its machine has let it go`);
}
