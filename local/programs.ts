// What the local cloud needs of this computer, asked for before anything has begun.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Program, Debian's package, and what it is for. */
const NEEDED: [program: string, pkg: string, purpose: string][] = [
  ["ssh", "openssh-client", "every connection to a machine"],
  ["ssh-keygen", "openssh-client", "the keys of the person in the story"],
  ["unshare", "util-linux", "the emulated machines"],
  ["nsenter", "util-linux", "the emulated machines"],
  ["flock", "util-linux", "locks on the emulated machines"],
  ["mkfs.ext4", "e2fsprogs", "the volumes"],
  ["e2fsck", "e2fsprogs", "the volumes"],
  ["tar", "tar", "sending the flake to a machine"],
];

/** Where administrators' programs are, which a plain user's PATH leaves out. */
const SYSTEM_PATH = ["/usr/sbin", "/sbin"];

/**
 * @throws Error with the one command that mends it, when a program is missing or this is not Linux
 */
export function refuseWithoutPrograms(path = process.env["PATH"] ?? "", platform = process.platform): void {
  if (platform !== "linux") {
    throw new Error(
      "The emulated machines are Linux namespaces, so the local cloud runs on Linux only. Run it in a container or a virtual machine; " +
        "see emulator/README.md. (The program itself, for real machines, runs wherever Pulumi does.)",
    );
  }
  const folders = [...path.split(delimiter), ...SYSTEM_PATH].filter(Boolean);
  const missing = NEEDED.filter(([program]) => !folders.some((folder) => existsSync(join(folder, program))));
  if (missing.length === 0) return;
  const reasons = missing.map(([program, , purpose]) => `  ${program}: ${purpose}`).join("\n");
  const packages = [...new Set(missing.map(([, pkg]) => pkg))].join(" ");
  throw new Error(`Nothing has begun. These programs are missing:\n${reasons}\nOn Debian and Ubuntu: sudo apt-get install ${packages}`);
}
