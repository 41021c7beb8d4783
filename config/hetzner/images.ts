import type { Image } from "../types";

/** The cloud images that nixos-anywhere is known to start its installer from, on both architectures (facts 3.6). */
export const IMAGES = ["debian-12", "debian-13", "ubuntu-24.04"] as const satisfies readonly Image[];

/** Words for images that people would try. */
export function whyNotImage(raw: unknown): string | undefined {
  if (typeof raw !== "string") return undefined;
  if (raw === "ubuntu-26.04") {
    return "is ubuntu-26.04, whose kernel refuses to start the installer on small servers (kexec fails). Use debian-13, debian-12 or ubuntu-24.04.";
  }
  if (raw === "debian-11") return "is debian-11, which Hetzner has deprecated. Use debian-13.";
  if (/^nixos/i.test(raw)) {
    return "is not the system of the machine, only what its installer is started from. Leave it out; NixOS comes by itself.";
  }
  return undefined;
}
