// What the kernel of a machine would say about itself, as files of one boot.
import { randomUUID } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { MachineSpec } from "../../machineHost";

/** The firmware that Hetzner gives servers of an architecture. */
export function firmwareOf(spec: Pick<MachineSpec, "architecture">): "bios" | "uefi" {
  return spec.architecture === "arm" ? "uefi" : "bios";
}

export async function writeBootFiles(run: string, spec: MachineSpec, rootLink: string, cmdline: string): Promise<void> {
  await rm(run, { recursive: true, force: true });
  await mkdir(join(run, "root"), { recursive: true });
  const files = {
    boot_id: randomUUID(),
    cmdline,
    meminfo: meminfo(spec.memoryMiB),
    architecture: spec.architecture === "arm" ? "aarch64" : "x86_64",
    firmware: firmwareOf(spec),
    "root-disk": `/dev/disk/by-id/${rootLink}`,
    addresses: [spec.ipv4 ?? "-", spec.ipv6 ?? "-", spec.mac].join("\n"),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(run, name), `${text}\n`);
}

function meminfo(memoryMiB: number): string {
  // The kernel keeps some for itself.
  const total = Math.round(memoryMiB * 1024 * 0.97);
  const lines: [string, number][] = [
    ["MemTotal", total],
    ["MemFree", Math.round(total * 0.8)],
    ["MemAvailable", Math.round(total * 0.9)],
    ["Buffers", 2048],
    ["Cached", Math.round(total * 0.1)],
    ["SwapCached", 0],
    ["Shmem", 1024],
    ["SReclaimable", 4096],
    ["SwapTotal", 0],
    ["SwapFree", 0],
  ];
  return lines.map(([name, kiB]) => `${`${name}:`.padEnd(16)}${String(kiB).padStart(8)} kB`).join("\n");
}
