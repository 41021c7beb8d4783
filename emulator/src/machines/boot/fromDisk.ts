// What comes up when a machine gets power: what is written on its root disk, unless something else is to boot.
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { readIfThere } from "../image";
import type { Machine } from "../machine";
import type { Namespace } from "../namespace";
import { begin, type Booted, DEBIAN_PATH, isFolder } from "./begin";
import { bootNixos } from "./nixos";
import { bootInstead } from "./rescue";

/** The image as long as its disk has not been partitioned anew, else NixOS if a boot loader was installed with a system to boot. */
export async function bootFromDisk(machine: Machine, signal: AbortSignal): Promise<Booted> {
  const { disk } = machine.paths;
  const instead = await bootInstead(machine, signal);
  if (instead) return instead;
  if ((await readIfThere(join(disk, "kind")))?.trim() === "image") return bootImage(machine, signal);
  const nothing: Booted = { running: "nothing", text: "nothing: no system on the root disk", ssh: false };
  if (!(await isFolder(join(disk, "root"))) || !(await isFolder(join(disk, "boot")))) return nothing;
  return (await bootNixos(machine, signal)) ?? nothing;
}

async function bootImage(machine: Machine, signal: AbortSignal): Promise<Booted> {
  const namespace = await begin(machine, signal, { root: "disk", cmdline: "BOOT_IMAGE=/boot/vmlinuz root=/dev/sda1 ro" });
  machine.path = DEBIAN_PATH;
  await takeIdentity(machine, namespace);
  // What cloud-init runs at the first boot may ask who it is.
  await machine.connection.metadataServed;
  const result = await machine.work(["/.emulator/bin/emulator-boot-image"]);
  if (result.code !== 0) machine.note(`boot: ${result.stderr.trim()}`);
  await machine.mountWaiting();
  return { running: "image", text: `image ${machine.spec.image}`, ssh: true };
}

/** A disk that was another server's: cloud-init makes it this one's. On the machine, as what lies on its disk may be a link to anywhere. */
async function takeIdentity(machine: Machine, namespace: Namespace): Promise<void> {
  const { identity } = machine.paths;
  const archive = await readFile(identity).catch(() => undefined);
  if (!archive) return;
  const result = await namespace.run(["/.emulator/bin/emulator-identity"], { input: archive });
  if (result.code === 0) await rm(identity, { force: true });
  else machine.note(`cloud-init: ${result.stderr.trim()}`);
}
