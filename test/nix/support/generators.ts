// systemd's own generators, run on a text that evaluation gave: the units that they make of it are what a machine does at boot.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { only } from "./rendered";

const folder = "/lib/systemd/system-generators";
export const fstabGenerator = join(folder, "systemd-fstab-generator");
export const cryptsetupGenerator = join(folder, "systemd-cryptsetup-generator");

/** Unit files by their path below the generator's folder; a link to a unit that is not made there has no text. */
export type Units = ReadonlyMap<string, string>;

/** What an fstab comes to, in the initrd (there it is the one of the system to be, below /sysroot) or in the system itself. */
export function unitsOfFstab(fstab: string, initrd: boolean): Units {
  return generate(fstabGenerator, fstab, (file, nothing) => ({
    SYSTEMD_FSTAB: initrd ? nothing : file,
    SYSTEMD_SYSROOT_FSTAB: initrd ? file : nothing,
    SYSTEMD_IN_INITRD: initrd ? "1" : "0",
  }));
}

/** What a crypttab comes to. */
export function unitsOfCrypttab(crypttab: string, initrd: boolean): Units {
  return generate(cryptsetupGenerator, crypttab, (file) => ({ SYSTEMD_CRYPTTAB: file, SYSTEMD_IN_INITRD: initrd ? "1" : "0" }));
}

/** The drop-in that limits how long is waited for a device. */
export function timeoutOf(units: Units, device: string): string | undefined {
  return units.get(`${device}.device.d/50-device-timeout.conf`);
}

function generate(generator: string, text: string, settings: (file: string, nothing: string) => Record<string, string>): Units {
  const work = mkdtempSync(join(tmpdir(), "vps-generator-"));
  try {
    const file = join(work, "file");
    const nothing = join(work, "nothing");
    writeFileSync(file, text);
    writeFileSync(nothing, "");
    const out = ["normal", "early", "late"].map((name) => join(work, name));
    for (const path of out) mkdirSync(path);
    const env = { ...settings(file, nothing), SYSTEMD_PROC_CMDLINE: "" };
    const run = spawnSync(generator, out, { encoding: "utf8", env });
    if (run.status !== 0) throw new Error(run.stderr);
    const normal = only(out[0], "folder");
    return new Map(
      readdirSync(normal, { recursive: true, encoding: "utf8" }).flatMap((name): [string, string][] => {
        try {
          return [[name, existsSync(join(normal, name)) ? readFileSync(join(normal, name), "utf8") : ""]];
        } catch {
          // A folder.
          return [];
        }
      }),
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
