// NixOS from the root disk: boot loader, initrd, system. What it does is written in emulator/machine/bin (emulator-initrd, -stage2).
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Machine } from "../machine";
import { begin, type Booted, NIXOS_PATH } from "./begin";

/** @returns undefined when no boot loader with a system to boot is on the root disk */
export async function bootNixos(machine: Machine, signal: AbortSignal): Promise<Booted | undefined> {
  const namespace = await begin(machine, signal, { root: "disk", cmdline: "" });
  machine.path = NIXOS_PATH;
  const initrd = await machine.work(["/.emulator/bin/emulator-initrd"]);
  const [what, system = "", ...parameters] = initrd.stdout.trim().split(" ");
  if (what === "emergency") return emergency(initrd.stdout.trim());
  if (what !== "init") {
    await namespace.kill();
    return what === "panic" ? panic(Number(system), parameters.join(" ")) : undefined;
  }
  await writeFile(join(machine.paths.run, "cmdline"), `${parameters.join(" ")}\n`);
  const stage2 = await machine.work(["/.emulator/bin/emulator-stage2", system]);
  if (stage2.code !== 0) return emergency(`emergency ${system} did not start: ${stage2.stderr.trim()}`);
  if (stage2.stdout.includes("emergency ")) return emergency(stage2.stdout.slice(stage2.stdout.indexOf("emergency ")).trim());
  return { running: "nixos", text: `nixos ${system}`, ssh: false };
}

/** NixOS has stopped and waits for a password at the console: no ssh, and no ear for ACPI. */
function emergency(text: string): Booted {
  return { running: "emergency", text, ssh: false };
}

/** @param seconds the kernel's `panic=`; 0: it stands still until somebody resets it */
function panic(seconds: number, why: string): Booted {
  return { running: "nothing", text: `panic: ${why}`, ssh: false, ...(seconds > 0 && { resetAfter: seconds }) };
}
