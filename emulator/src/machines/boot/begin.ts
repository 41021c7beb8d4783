// How every boot begins, whatever it boots: the first process, and the disks.
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { Machine } from "../machine";
import { FIRST_PATH, machineFolder, Namespace } from "../namespace";
import type { Running } from "../world";
import { firmwareOf, writeBootFiles } from "./files";

/** What came up. */
export interface Booted {
  running: Running;
  /** For the journal, e.g. `image debian-13`. */
  text: string;
  /** sshd is to be started. */
  ssh: boolean;
  /** The kernel starts the machine again after so many seconds. */
  resetAfter?: number;
}

/** Search path of a login on a system that is no NixOS. */
export const DEBIAN_PATH = FIRST_PATH + "/.emulator/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Search path of a login on NixOS. */
export const NIXOS_PATH =
  FIRST_PATH +
  "/run/wrappers/bin:/nix/var/nix/profiles/default/bin:/run/current-system/programs:/run/current-system/sw/bin:/.emulator/sw/bin";

export interface Start {
  /** File system of the root disk to boot from, or the folder of `machine/roots` that a file system in memory is filled with. */
  root: "disk" | { skeleton: "installer" | "debian"; hostName: string };
  cmdline: string;
}

/**
 * @param signal aborted when the boot was overtaken by something harder
 * @throws Error when the boot was overtaken, or the root file system is no folder
 */
export function begin(machine: Machine, signal: AbortSignal, start: Start): Promise<Namespace> {
  const { paths, spec, world } = machine;
  return machine.exclusive(async () => {
    signal.throwIfAborted();
    await writeBootFiles(paths.run, spec, machine.devices.rootLink, start.cmdline);
    await machine.connection.writeCards();
    const inMemory = start.root === "disk" ? undefined : start.root;
    const root = inMemory ? null : join(paths.disk, "root");
    if (root !== null && !(await isFolder(root))) throw new Error("the root file system is damaged");
    const files = {
      root,
      skeleton: join(machineFolder, "roots", inMemory?.skeleton ?? "installer"),
      disk: paths.disk,
      sw: world.paths.sw,
      run: paths.run,
      volumes: world.paths.volumes,
      hostName: inMemory?.hostName ?? spec.name,
      firmware: firmwareOf(spec),
    };
    const namespace = await Namespace.start(files, (request) => machine.request(request));
    machine.adopt(namespace);
    machine.connection.serveMetadata(namespace);
    await machine.devices.showAll(namespace);
    return namespace;
  });
}

/** A folder, and no link to one: what a machine leaves on its disk is not to be trusted. */
export async function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
