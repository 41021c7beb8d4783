// Whether a server can become the machine, judged before anything is changed on it.
import type { StepInput } from "../documents";
import { type HardwareFacts, storeOnVolume } from "../facts";

/** What a server says of itself. Zero stands for what it could not tell, which is not held against it. */
export interface Capacity {
  /** As `uname -m` says it; empty when unknown. */
  arch: string;
  memoryMiB: number;
  rootDiskMiB: number;
}

/**
 * The installer lives in memory: an archive of 420 MiB, unpacked, and what it builds or fetches. 1.5 GB are asked for
 * (nixos-deployment.md §1.6), of which the kernel keeps some for itself.
 */
const LEAST_MEMORY_MIB = 1350;

/** Boot loader, logs, and room for the state of services. */
const LEAST_ROOT_MIB = 6 * 1024;

/** The same with a system, the next one, and what lies between two collections of garbage. */
const LEAST_ROOT_WITH_STORE_MIB = 14 * 1024;

/**
 * @returns in words, what is not as it must be; empty when all is well
 */
export function unfitness(capacity: Capacity, firmware: HardwareFacts["firmware"], facts: StepInput<"stage">["facts"]): string[] {
  const wanted = facts.system.replace("-linux", "");
  const leastRoot = storeOnVolume(facts) ? LEAST_ROOT_MIB : LEAST_ROOT_WITH_STORE_MIB;
  const found: string[] = [];
  if (capacity.arch !== "" && capacity.arch !== wanted) {
    found.push(
      `it has a ${capacity.arch} processor, but ${facts.machine} is to be built for ${wanted}: choose a server type of that architecture`,
    );
  }
  if (firmware === "bios" && facts.system === "aarch64-linux") {
    found.push("it starts by BIOS, and ARM systems are made for UEFI alone: recreate it");
  }
  if (capacity.memoryMiB > 0 && capacity.memoryMiB < LEAST_MEMORY_MIB) {
    found.push(
      `it has ${capacity.memoryMiB} MiB of memory, and the installer, which lives in it, needs ${LEAST_MEMORY_MIB}: choose a larger server type`,
    );
  }
  if (capacity.rootDiskMiB > 0 && capacity.rootDiskMiB < leastRoot) {
    const what = storeOnVolume(facts) ? "a machine" : "a machine with its store on the root disk";
    found.push(`its disk holds ${capacity.rootDiskMiB} MiB, and ${what} needs ${leastRoot}: choose a larger server type`);
  }
  return found;
}
