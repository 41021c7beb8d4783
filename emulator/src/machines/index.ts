// The machines of an emulated cloud: what boots, mounts and answers ssh.
import { mkdir, realpath, rm } from "node:fs/promises";
import type { Clock } from "../clock";
import type { Journal } from "../journal";
import type { Latencies } from "../latencies";
import type { MachineHost } from "../machineHost";
import { Addresses } from "./addresses";
import { Machines } from "./machines";
import { writeOperatorBin } from "./operatorBin";
import type { Operator } from "./network/firewall";
import { Paths } from "./paths";
import { requireNamespaces } from "./privilege";
import type { ServedTimeline } from "./served";
import { clearLeftovers, StateFolderLock } from "./stateFolder";
import { writeSw } from "./sw";

export type { ServedTimeline } from "./served";
export { type SystemDescription, systemDescription } from "./system";

export interface MachineHostOptions {
  /** An existing folder of the emulator's own. What is in it from an earlier run (volumes, disks) is kept. */
  stateDir: string;
  clock: Clock;
  latencies: Latencies;
  journal: Journal;
  /** Program (and first arguments) that evaluates a flake: run with FLAKE_DIR and ATTRIBUTE, prints a SystemDescription as JSON. */
  evaluator?: string[];
  /** Where connections to machines come from in the eyes of firewalls; 192.0.2.1 and 2001:db8:ffff::1 by default. */
  operator?: Operator;
}

export type Host = MachineHost & {
  /** Path of the ssh_config fragment that leads ssh from API addresses to machines. */
  sshConfig: string;
  /** Folder for the operator's PATH: `nixos-anywhere`. */
  operatorBin: string;
  served: ServedTimeline;
};

/**
 * @throws Error on systems without Linux namespaces, and while another emulator works in the state folder
 *
 * @example
 * ```ts
 * const host = await createMachineHost({ stateDir, clock, latencies: profiles.instant, journal });
 * await host.create(spec);
 * await host.powerOn(spec.serverId);
 * // ssh -F host.sshConfig root@<spec.ipv4>
 * await host.close();
 * ```
 */
export async function createMachineHost(options: MachineHostOptions): Promise<Host> {
  requireNamespaces();
  const lock = await StateFolderLock.take(options.stateDir);
  try {
    return await openHost(options, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openHost(options: MachineHostOptions, lock: StateFolderLock): Promise<Host> {
  const paths = new Paths(await realpath(options.stateDir));
  await clearLeftovers(paths.stateDir);
  for (const folder of ["servers", "volumes", "images", "tmp", "store"]) await mkdir(`${paths.stateDir}/${folder}`, { recursive: true });
  // Nobody answers yet, whatever a former run has left.
  await rm(paths.ports, { recursive: true, force: true });
  await mkdir(paths.ports);
  const addresses = new Addresses(paths);
  await addresses.writeSshConfig();
  await writeSw(paths.sw);
  await writeOperatorBin(paths.operatorBin, options.evaluator);
  return new Machines(options, paths, addresses, lock);
}
