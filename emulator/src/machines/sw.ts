// The folder of links that is a machine's search path: the emulator's stand-ins first, then whatever programs this computer has.
import { mkdir, readdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { machineFolder } from "./namespace";

/** Programs of the computer that would do harm, or nothing at all, on an emulated machine. */
const WITHHELD = new Set(["systemd", "init", "telinit", "runlevel", "losetup", "docker", "podman", "dpkg-reconfigure", "unshare"]);

export async function writeSw(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const bin = join(folder, "bin");
  await mkdir(bin, { recursive: true });
  const links = new Map<string, string>();
  for (const source of ["/usr/bin", "/usr/sbin", "/bin", "/sbin"]) {
    for (const name of await readdir(source).catch(() => [])) if (!links.has(name) && !WITHHELD.has(name)) links.set(name, join(source, name));
  }
  for (const name of await readdir(join(machineFolder, "bin"))) links.set(name, `/.emulator/bin/${name}`);
  for (const [name, target] of links) await symlink(target, join(bin, name));
}
