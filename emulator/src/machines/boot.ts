// What comes up when a machine gets power: what is written on its root disk, or the installer that kexec has put into memory.
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { firmwareOf, writeBootFiles } from "./bootFiles";
import { readIfThere } from "./image";
import type { Machine } from "./machine";
import type { Running } from "./world";
import { FIRST_PATH, machineFolder, Namespace } from "./namespace";
import { bootNixos } from "./bootNixos";

export interface Booted {
  running: Running;
  /** For the journal, e.g. `image debian-13`. */
  text: string;
  /** sshd is to be started. */
  ssh: boolean;
}

const DEBIAN_PATH = FIRST_PATH + "/.emulator/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
export const NIXOS_PATH =
  FIRST_PATH +
  "/run/wrappers/bin:/nix/var/nix/profiles/default/bin:/run/current-system/programs:/run/current-system/sw/bin:/.emulator/sw/bin";

/** The image as long as its disk has not been partitioned anew, else NixOS if a boot loader was installed with a system to boot. */
export async function bootFromDisk(machine: Machine, signal: AbortSignal): Promise<Booted> {
  const { disk } = machine.paths;
  if ((await readIfThere(join(disk, "kind")))?.trim() === "image") return bootImage(machine, signal);
  const nothing: Booted = { running: "nothing", text: "nothing: no system on the root disk", ssh: false };
  if (!(await isFolder(join(disk, "root"))) || !(await isFolder(join(disk, "boot")))) return nothing;
  return (await bootNixos(machine, signal)) ?? nothing;
}

async function bootImage(machine: Machine, signal: AbortSignal): Promise<Booted> {
  const { image } = machine.spec;
  await startNamespace(machine, signal, { root: "root", cmdline: "BOOT_IMAGE=/boot/vmlinuz root=/dev/sda1 ro" });
  machine.path = DEBIAN_PATH;
  const result = await machine.work(["/.emulator/bin/emulator-boot-image"]);
  if (result.code !== 0) machine.note(`boot: ${result.stderr.trim()}`);
  return { running: "image", text: `image ${image}`, ssh: true };
}

/** @param identity tar archive of host keys, authorized_keys and the like, with paths from the root */
export async function bootInstaller(machine: Machine, signal: AbortSignal, identity: Buffer): Promise<Booted> {
  const namespace = await startNamespace(machine, signal, { root: null, cmdline: "init=/nix/store/installer/init" });
  const tar = await namespace.run(["tar", "-C", "/", "-xf", "-"], { input: identity });
  if (tar.code !== 0) machine.note(`installer: no identity: ${tar.stderr.trim()}`);
  machine.path = NIXOS_PATH;
  await machine.work(["/.emulator/bin/emulator-boot-image"]);
  return { running: "installer", text: "installer", ssh: true };
}

/**
 * The first process, and the disks.
 *
 * @param signal aborted when the boot was overtaken by something harder
 * @param options.root file system of the root disk to boot from, or null for one in memory
 */
export function startNamespace(
  machine: Machine,
  signal: AbortSignal,
  options: { root: "root" | null; cmdline: string },
): Promise<Namespace> {
  const { paths, spec, world } = machine;
  return machine.exclusive(async () => {
    signal.throwIfAborted();
    await writeBootFiles(paths.run, spec, machine.devices.rootLink, options.cmdline);
    const root = options.root && join(paths.disk, options.root);
    if (root !== null && !(await isFolder(root))) throw new Error("the root file system is damaged");
    const files = {
      root,
      skeleton: join(machineFolder, "roots/installer"),
      disk: paths.disk,
      sw: world.paths.sw,
      run: paths.run,
      volumes: world.paths.volumes,
      hostName: options.root === null ? "nixos-installer" : spec.name,
      firmware: firmwareOf(spec),
    };
    const namespace = await Namespace.start(files, (request) => machine.request(request));
    machine.adopt(namespace);
    await machine.devices.showAll(namespace);
    return namespace;
  });
}

/** A folder, and no link to one: what a machine leaves on its disk is not to be trusted. */
async function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
