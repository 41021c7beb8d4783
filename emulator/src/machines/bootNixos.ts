import type { Booted } from "./boot";
import type { Machine } from "./machine";

/** @returns undefined when no boot loader with a system to boot is on the root disk */
export function bootNixos(_machine: Machine): Promise<Booted | undefined> {
  return Promise.resolve(undefined);
}
