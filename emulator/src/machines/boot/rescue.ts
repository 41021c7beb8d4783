// What boots instead of the root disk: the rescue system, once, and an ISO for as long as it is attached.
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readIfThere } from "../image";
import type { Machine } from "../machine";
import { begin, type Booted, DEBIAN_PATH } from "./begin";

// Files beside the disk, so that they outlive the emulator.
const rescueFile = (machine: Machine): string => join(machine.paths.folder, "rescue");
const isoFile = (machine: Machine): string => join(machine.paths.folder, "iso");

/** @param authorizedKeys who may log in to the rescue system at the next boot; null: the disk boots */
export async function setRescue(machine: Machine, authorizedKeys: readonly string[] | null): Promise<void> {
  if (authorizedKeys === null) await rm(rescueFile(machine), { force: true });
  else await writeFile(rescueFile(machine), authorizedKeys.map((key) => `${key.trim()}\n`).join(""));
}

/** @param name null: none */
export async function setIso(machine: Machine, name: string | null): Promise<void> {
  if (name === null) await rm(isoFile(machine), { force: true });
  else await writeFile(isoFile(machine), name);
}

/** @returns undefined when the root disk is to boot */
export async function bootInstead(machine: Machine, signal: AbortSignal): Promise<Booted | undefined> {
  if ((await readIfThere(rescueFile(machine))) !== undefined) return bootRescue(machine, signal);
  const iso = await readIfThere(isoFile(machine));
  // It has a console only, for a person to sit at.
  return iso === undefined ? undefined : { running: "nothing", text: `iso ${iso}: nothing in it answers on the network`, ssh: false };
}

async function bootRescue(machine: Machine, signal: AbortSignal): Promise<Booted> {
  const keys = await readFile(rescueFile(machine), "utf8");
  const root = { skeleton: "debian", hostName: "rescue" } as const;
  const namespace = await begin(machine, signal, { root, cmdline: "ip=dhcp rescue" });
  // Once only: whoever resets it finds the disk's system again.
  await rm(rescueFile(machine), { force: true });
  machine.world.rescueBooted(machine.id);
  const made = await namespace.run(["/.emulator/bin/emulator-rescue"], { input: keys });
  if (made.code !== 0) machine.note(`rescue: ${made.stderr.trim()}`);
  machine.path = `/.emulator/rescue:${DEBIAN_PATH}`;
  await machine.work(["/.emulator/bin/emulator-boot-image"]);
  return { running: "rescue", text: "rescue system", ssh: true };
}
