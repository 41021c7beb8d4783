// What a virtual machine is made of, from Debian's packages: QEMU, a kernel with its modules, udev. Unpacked into the cache, never installed.
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Cache } from "../../toolchain/cache";
import { findExecutable } from "../../toolchain/situation";
import { Skipped } from "../suite";
import { debianRunner } from "../tools/debian";
import { missingPrograms } from "./rootFileSystem";

export interface Parts {
  /** Folder with the unpacked packages; looked through before this computer's own files. */
  root: string;
  qemu: string;
  /** For the programs in `root` when they run here. */
  libraryPath: string;
  /** Folders with the firmware that QEMU starts a kernel by. */
  firmware: readonly string[];
  kernel: string;
  /** Name of the kernel's folder below /lib/modules. */
  release: string;
  /** e.g. `qemu-system-x86 1:7.2+dfsg-7, Linux 6.1.0-56-cloud-amd64`. */
  versions: string;
}

export interface PartsOptions {
  cache: Cache;
  env: NodeJS.ProcessEnv;
  /** `false`: use what is there. */
  download: boolean;
  detail: (text: string) => void;
}

/** Changed with what is unpacked, so that an older folder is not taken for a whole one. */
const FOLDER = join("conformance", "debian-virtual-machine-1");
/** Debian's kernel for virtual machines: small, and with the drivers that Hetzner's servers need. */
const KERNEL = "linux-image-cloud-amd64";
const PROGRAMS = ["qemu-system-x86", "udev", "kmod"];

/** Why no virtual machine can be had without downloads, or null when one can. */
export function whyNoParts(cache: Cache): string | null {
  if (!existsSync(cache.path(FOLDER))) return "QEMU and a kernel are not in the cache (npm run conformance -- kernel gets them)";
  const missing = missingPrograms(cache.path(FOLDER));
  return missing.length === 0 ? null : `this computer lacks ${missing.join(", ")}, which the virtual machine is made of`;
}

/**
 * Gets the parts, unless they are in the cache.
 *
 * @throws Skipped where this is no Debian for x86-64, or its archive is out of reach
 */
export async function virtualMachineParts({ cache, env, download, detail }: PartsOptions): Promise<Parts> {
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new Skipped("the virtual machine is made of Debian's packages for x86-64");
  if (!existsSync(cache.path(FOLDER))) {
    if (!download) throw new Skipped(whyNoParts(cache) ?? "");
    if (["apt-get", "apt-cache", "dpkg-deb"].some((name) => findExecutable(name, env) === undefined)) {
      throw new Skipped("this is no Debian, whose QEMU and kernel would be used");
    }
    detail("getting QEMU and a kernel");
    await cache.folder(FOLDER, (staging) => unpack(staging, env));
  }
  return partsIn(cache.path(FOLDER));
}

async function unpack(staging: string, env: NodeJS.ProcessEnv): Promise<void> {
  const run = debianRunner(staging, env);
  const kernel = /Depends: (linux-image-\S+)/.exec(await run("apt-cache", "depends", KERNEL))?.[1];
  if (kernel === undefined) throw new Skipped(`Debian's package ${KERNEL} is not to be had (apt-get update?)`);
  // Their libraries, as far as this computer lacks them. What an upgrade would bring is left alone: "Inst NAME [installed] (new …".
  const plan = await run("apt-get", "install", "--simulate", "--no-install-recommends", ...PROGRAMS);
  const missing = [...plan.matchAll(/^Inst (\S+) \(/gm)].map(([, name]) => name ?? "");
  await run("apt-get", "download", ...new Set([...PROGRAMS, ...missing, kernel]));
  const archives = readdirSync(staging).filter((file) => file.endsWith(".deb"));
  for (const archive of archives) await run("dpkg-deb", "--extract", archive, ".");
  const qemu = archives.find((file) => file.startsWith("qemu-system-x86_")) ?? "";
  writeFileSync(join(staging, "version"), (await run("dpkg-deb", "--field", qemu, "Version")).trim());
  await run("rm", "-f", ...archives);
  const { release, libraryPath } = partsIn(staging);
  // Their links are absolute, as if they were installed.
  for (const name of ["depmod", "modprobe"]) await run("ln", "--symbolic", "--force", "../bin/kmod", join("sbin", name));
  await run("env", `LD_LIBRARY_PATH=${libraryPath}`, join(staging, "sbin/depmod"), "--basedir", staging, release);
}

function partsIn(root: string): Parts {
  const release = readdirSync(join(root, "lib/modules"))[0] ?? "";
  return {
    root,
    qemu: join(root, "usr/bin/qemu-system-x86_64"),
    libraryPath: [join(root, "usr/lib/x86_64-linux-gnu"), join(root, "lib/x86_64-linux-gnu")].join(":"),
    firmware: [join(root, "usr/share/qemu"), join(root, "usr/share/seabios")],
    kernel: join(root, "boot", `vmlinuz-${release}`),
    release,
    versions: `qemu-system-x86 ${readFileSync(join(root, "version"), "utf8")}, Linux ${release}`,
  };
}
