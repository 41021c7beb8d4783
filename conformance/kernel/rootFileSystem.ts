// The virtual machine's root file system, in memory: this computer's own programs with their libraries, and the kernel's modules.
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import execa from "execa";
import { Skipped } from "../suite";
import { type Entry, cpio, file, folder, link } from "./cpio";
import type { Parts } from "./parts";

/** Folder of the machine with programs that spare time. */
export const QUICK = "/usr/lib/quick";

/** What the remote scripts call, and what the checks make devices with. */
const PROGRAMS = [
  ..."bash sh env cat cp mv rm ls mkdir mktemp ln readlink stat head tail tac cut sort comm tr sync dd df chmod chown install sleep".split(
    " ",
  ),
  ..."timeout sha256sum date touch mknod id uname true false basename dirname wc uniq tee truncate seq od rmdir kill du".split(" "),
  ..."mount umount unshare blkid wipefs blockdev findmnt lsblk flock mountpoint mkswap".split(" "),
  ..."grep sed awk find cmp tar gzip".split(" "),
  ..."cryptsetup dmsetup mkfs.ext4 mkfs.ext2 e2fsck tune2fs resize2fs debugfs mkfs.xfs".split(" "),
  ..."modprobe udevadm systemd-escape".split(" "),
];
/** Not linked to anything, but opened by name: the threads of argon2 end by it. */
const FURTHER_LIBRARIES = ["libgcc_s.so.1"];
/** Modules of the devices, LUKS and file systems; with all that they need. */
const MODULES = "virtio_pci virtio_scsi virtio_console sd_mod dm_mod dm_crypt xts aesni_intel algif_skcipher xfs".split(" ");
const FOLDERS =
  "usr usr/bin usr/lib usr/lib64 usr/lib/udev usr/lib/udev/rules.d usr/lib/systemd etc proc sys dev run tmp root mnt home srv var";

/** Files of the virtual machine by their paths without a leading slash: a text, or a path of this computer. */
export type Files = ReadonlyMap<string, { text: string } | { here: string }>;

/**
 * @param more beside the programs that every machine has
 * @throws Skipped when this computer lacks a program
 */
export async function rootFileSystem(parts: Parts, env: NodeJS.ProcessEnv, more: Files = new Map()): Promise<Buffer> {
  const entries = new Map<string, Entry>();
  const add = (entry: Entry): void => {
    const parent = dirname(entry.path);
    if (parent !== "." && !entries.has(parent)) add(folder(parent));
    if (!entries.has(entry.path)) entries.set(entry.path, entry);
  };
  for (const path of FOLDERS.split(" ")) add(folder(path));
  for (const name of ["bin", "sbin", "lib", "lib64"]) add(link(name, name.startsWith("lib") ? `usr/${name}` : "usr/bin"));
  add(link("usr/sbin", "bin"));
  add(file("init", readFileSync(join(__dirname, "init.sh"))));
  add(file(`${QUICK.slice(1)}/cryptsetup`, readFileSync(join(__dirname, "quickCryptsetup.sh"))));

  for (const [path, content] of more) if ("text" in content) add(file(path, Buffer.from(content.text), 0o644));
  const programs = PROGRAMS.map((name) => ({ guest: `usr/bin/${name}`, here: findProgram(parts, name) }));
  const scsiId = join(parts.root, "lib/udev/scsi_id");
  const all = [
    ...programs,
    { guest: "usr/lib/udev/scsi_id", here: scsiId },
    { guest: "usr/lib/systemd/systemd-udevd", here: findProgram(parts, "udevadm") },
    ...[...more].flatMap(([guest, content]) => ("here" in content ? [{ guest, here: content.here }] : [])),
  ];
  for (const { guest, here } of all) add(file(guest, readFileSync(here)));
  for (const [guest, here] of await libraries(
    parts,
    env,
    all.map(({ here }) => here),
  ))
    add(file(guest, readFileSync(here)));
  // Those of device mapper come with dmsetup, the others with udev; one that asks for a program which is not here does nothing.
  for (const rules of ["/lib/udev/rules.d", join(parts.root, "lib/udev/rules.d")])
    for (const name of existsSync(rules) ? readdirSync(rules) : [])
      if (/^(50-udev-default|55-dm|60-persistent-storage.*|95-dm-notify|99-systemd)\.rules$/.test(name))
        add(file(`usr/lib/udev/rules.d/${name}`, readFileSync(join(rules, name)), 0o644));
  for (const [guest, here] of modules(parts)) add(file(guest, readFileSync(here), 0o644));
  return cpio([...entries.values()]);
}

/** Programs that this computer would have to have, and has not. */
export function missingPrograms(root: string): string[] {
  return PROGRAMS.filter((name) => programAt(root, name) === undefined);
}

function findProgram({ root }: Parts, name: string): string {
  const path = programAt(root, name);
  if (path === undefined) throw new Skipped(`there is no ${name} on this computer, which the virtual machine is made of`);
  return path;
}

/** Among the unpacked packages, else on this computer. */
function programAt(root: string, name: string): string | undefined {
  const folders = [root, "/"].flatMap((base) => ["usr/sbin", "usr/bin", "sbin", "bin"].map((place) => join(base, place)));
  return folders.map((place) => join(place, name)).find((path) => existsSync(path));
}

/** Every library of these programs, by its path in the virtual machine. */
async function libraries(parts: Parts, env: NodeJS.ProcessEnv, programs: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const { stdout } = await execa("ldd", [...new Set(programs)], {
    env: { ...env, LD_LIBRARY_PATH: parts.libraryPath },
    extendEnv: false,
    reject: false,
  });
  const place = (path: string): string => join("usr", path.replace(parts.root, "").replace(/^\/usr/, ""));
  for (const [, path = ""] of stdout.matchAll(/(\/\S+) \(0x/g)) found.set(place(path), path);
  const beside = [...found.values()].find((path) => basename(path).startsWith("libc.so"));
  for (const name of FURTHER_LIBRARIES) {
    const path = join(dirname(beside ?? "/lib"), name);
    if (existsSync(path)) found.set(place(path), path);
  }
  return found;
}

/** The modules with what they need, by their path in the virtual machine, and the tables by which modprobe finds them. */
function modules(parts: Parts): Map<string, string> {
  const base = join("lib/modules", parts.release);
  const here = (path: string): string => join(parts.root, base, path);
  const needs = new Map(
    readFileSync(here("modules.dep"), "utf8")
      .trim()
      .split("\n")
      .map((line): [string, string[]] => {
        const [path = "", rest = ""] = line.split(":");
        return [path, rest.trim().split(/\s+/).filter(Boolean)];
      }),
  );
  const byName = new Map(
    [...needs.keys()].map((path) => [
      basename(path)
        .replace(/\.ko.*$/, "")
        .replaceAll("-", "_"),
      path,
    ]),
  );
  const wanted = new Set<string>();
  for (const name of MODULES) {
    const path = byName.get(name);
    // Built into this kernel otherwise.
    if (path !== undefined) for (const part of [path, ...(needs.get(path) ?? [])]) wanted.add(part);
  }
  const tables = readdirSync(here("")).filter((name) => name.startsWith("modules.") && statSync(here(name)).isFile());
  return new Map([...wanted, ...tables].map((path) => [join("usr", base, path), here(path)]));
}
