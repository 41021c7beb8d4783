// The installer that kexec has put into memory.
import type { Machine } from "../machine";
import { begin, type Booted, NIXOS_PATH } from "./begin";

/** @param identity tar archive of host keys, authorized keys and the like, with paths from the root */
export async function bootInstaller(machine: Machine, signal: AbortSignal, identity: Buffer): Promise<Booted> {
  const root = { skeleton: "installer", hostName: "nixos-installer" } as const;
  const namespace = await begin(machine, signal, { root, cmdline: "init=/nix/store/installer/init" });
  const tar = await namespace.run(["tar", "-C", "/", "-xf", "-"], { input: identity });
  if (tar.code !== 0) machine.note(`installer: no identity: ${tar.stderr.trim()}`);
  machine.path = NIXOS_PATH;
  await machine.work(["/.emulator/bin/emulator-boot-image"]);
  return { running: "installer", text: "installer", ssh: true };
}
