// systemd as the first program of the virtual machine, with the fstab and the crypttab of a NixOS: this computer's systemd, and of its units
// those alone that mount and open.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Skipped } from "../suite";
import type { Parts } from "./parts";
import type { Files } from "./rootFileSystem";

export interface Boot {
  /** `initrd`: as far as the real root file system is put together below /sysroot. `system`: the system itself, with / in memory. */
  stage: "initrd" | "system";
  fstab: string;
  crypttab: string;
  /** Further files, by their paths without a leading slash. */
  files?: Readonly<Record<string, string>>;
}

const HERE = "/lib/systemd";
const PROGRAMS = [
  ..."systemd systemd-cryptsetup systemd-fsck systemd-growfs".split(" "),
  ..."system-generators/systemd-fstab-generator system-generators/systemd-cryptsetup-generator".split(" "),
];
const COMMANDS = "/bin/systemctl /sbin/fsck /sbin/fsck.ext4".split(" ");
const UNITS = [
  ..."initrd initrd-fs initrd-root-fs initrd-root-device initrd-usr-fs local-fs local-fs-pre swap sysinit basic".split(" "),
  ..."cryptsetup cryptsetup-pre multi-user sockets paths timers slices shutdown umount emergency".split(" "),
].map((name) => `${name}.target`);
const SERVICES = [
  ..."systemd-fsck@.service systemd-fsck-root.service systemd-udevd.service".split(" "),
  ..."systemd-udev-trigger.service systemd-udevd-control.socket systemd-udevd-kernel.socket".split(" "),
];

const AGENT = `[Unit]
DefaultDependencies=no
IgnoreOnIsolate=yes
[Service]
ExecStart=/init serve
`;

/** @throws Skipped when this computer has no systemd */
export function systemdFiles(parts: Parts, { stage, fstab, crypttab, files = {} }: Boot): Files {
  const found = new Map<string, { text: string } | { here: string }>();
  const need = (guest: string, ...places: string[]): void => {
    const here = places.find((place) => existsSync(place));
    if (here === undefined) throw new Skipped(`there is no ${places[0] ?? guest} on this computer, and its systemd would be run`);
    found.set(guest, { here });
  };
  for (const name of PROGRAMS) need(`usr/lib/systemd/${name}`, join(HERE, name));
  for (const path of COMMANDS) need(join("usr/bin", path.slice(path.lastIndexOf("/") + 1)), path, join("/usr", path));
  for (const name of [...UNITS, ...SERVICES]) {
    need(`usr/lib/systemd/system/${name}`, join(HERE, "system", name), join(parts.root, "lib/systemd/system", name));
  }
  const wanted = ["cryptsetup.target", "systemd-udevd.service", "systemd-udev-trigger.service", "agent.service"];
  const texts: Record<string, string> = {
    "etc/systemd/system.conf": "[Manager]\nManagerEnvironment=SYSTEMD_SYSROOT_FSTAB=/etc/sysroot-fstab\n",
    "etc/systemd/system/agent.service": AGENT,
    "etc/systemd/system/sysinit.target.d/wants.conf": `[Unit]\nWants=${wanted.join(" ")}\n`,
    "etc/systemd/system/default.target": `[Unit]\nRequires=${stage === "initrd" ? "initrd" : "multi-user"}.target\nAfter=${stage === "initrd" ? "initrd" : "multi-user"}.target\nAllowIsolate=yes\n`,
    "etc/crypttab": crypttab,
    "etc/passwd": "root:x:0:0:root:/root:/bin/bash\n",
    "etc/machine-id": "00000000000000000000000000000001\n",
    ...(stage === "initrd"
      ? { "etc/initrd-release": "ID=nixos\n", "etc/sysroot-fstab": fstab, "etc/fstab": "" }
      : { "etc/sysroot-fstab": "", "etc/fstab": fstab }),
    ...files,
  };
  for (const [path, text] of Object.entries(texts)) found.set(path, { text });
  return found;
}
