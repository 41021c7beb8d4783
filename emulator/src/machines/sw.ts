// The folder of links that is a machine's search path: the emulator's stand-ins first, then whatever programs this computer has.
import { symlinkSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { machineFolder } from "./namespace";
import { privileged } from "./privilege";

/** Programs of the computer that would do harm, or nothing at all, on an emulated machine. */
const WITHHELD = new Set(["systemd", "init", "telinit", "runlevel", "losetup", "docker", "podman", "dpkg-reconfigure", "unshare"]);

/** coreutils, findutils, grep, sed and systemd: NixOS' path for services that set none. */
const BASICS = new Set(
  (
    "[ b2sum base32 base64 basename cat chgrp chmod chown cksum comm cp csplit cut date dd df dir dirname du echo env expand expr factor false " +
    "fmt fold groups head hostid id install join kill link ln logname ls md5sum mkdir mkfifo mknod mktemp mv nice nl nohup nproc numfmt od paste " +
    "pathchk pr printenv printf pwd readlink realpath rm rmdir seq sha1sum sha224sum sha256sum sha384sum sha512sum shred shuf sleep sort split " +
    "stat stdbuf stty sum sync tac tail tee test timeout touch tr true truncate tsort tty uname unexpand uniq unlink users wc who whoami yes " +
    "find xargs locate grep egrep fgrep sed systemctl journalctl loginctl poweroff reboot halt shutdown udevadm sh"
  ).split(" "),
);

export async function writeSw(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const bin = join(folder, "bin");
  await mkdir(bin, { recursive: true });
  const links = new Map<string, string>();
  for (const source of ["/usr/bin", "/usr/sbin", "/bin", "/sbin"]) {
    for (const name of await readdir(source).catch(() => []))
      if (!links.has(name) && !WITHHELD.has(name)) links.set(name, join(source, name));
  }
  for (const name of await readdir(join(machineFolder, "bin"))) links.set(name, `/.emulator/bin/${name}`);
  // Two thousand links: one after the other is ten times as fast without the detour of a promise each.
  if (!privileged)
    for (const name of await readdir(join(machineFolder, "unprivileged"))) links.set(name, `/.emulator/unprivileged/${name}`);
  for (const [name, target] of links) symlinkSync(target, join(bin, name));
  // What a transient unit of NixOS finds: no nix-env, no ssh, nothing of the system's packages.
  const unitBin = join(folder, "unit-bin");
  await mkdir(unitBin);
  const basic = [...links].filter(([name]) => BASICS.has(name) || name.startsWith("systemd-"));
  for (const [name, target] of basic) symlinkSync(target, join(unitBin, name));
}
