// An executable from a Debian package, unpacked into the cache: nothing is installed.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import execa from "execa";
import type { Cache } from "../../toolchain/cache";
import { findExecutable } from "../../toolchain/situation";
import { Skipped } from "../suite";
import { lastLines } from "./output";

export interface DebianOptions {
  cache: Cache;
  env: NodeJS.ProcessEnv;
  /** `false`: use what is there. */
  download: boolean;
}

export interface DebianExecutable {
  path: string;
  /** Of the package, e.g. `1.30.3-1+b5`. */
  version: string;
}

/**
 * @param executable its path in the package, e.g. `usr/bin/hcloud`
 * @throws Skipped where this is no Debian, or its archive is out of reach
 */
export async function debianExecutable(name: string, executable: string, options: DebianOptions): Promise<DebianExecutable> {
  const { cache, env, download } = options;
  const folder = join("conformance", `debian-${name}-${process.arch}`);
  const found = () => ({ path: join(cache.path(folder), executable), version: readFileSync(join(cache.path(folder), "version"), "utf8") });
  if (existsSync(cache.path(folder))) return found();
  if (!download) throw new Skipped(`the Debian package ${name} is not in the cache (npm run conformance gets it)`);
  if (findExecutable("apt-get", env) === undefined || findExecutable("dpkg-deb", env) === undefined) {
    throw new Skipped(`this is no Debian, whose package ${name} would be used`);
  }
  await cache.folder(folder, async (staging) => {
    const run = debianRunner(staging, env);
    await run("apt-get", "download", name);
    const archive = readdirSync(staging).find((file) => file.endsWith(".deb")) ?? "";
    writeFileSync(join(staging, "version"), (await run("dpkg-deb", "--field", archive, "Version")).trim());
    await run("dpkg-deb", "--extract", archive, ".");
  });
  return found();
}

/** Runs Debian's tools in a folder, and gives what they print. Where one fails, what wanted it is skipped with its words. */
export function debianRunner(folder: string, env: NodeJS.ProcessEnv): (command: string, ...args: string[]) => Promise<string> {
  return async (command, ...args) => {
    const { stdout } = await execa(command, args, { cwd: folder, env, extendEnv: false }).catch((problem: unknown) => {
      throw new Skipped(`\`${command} ${args.join(" ")}\` failed:\n${lastLines((problem as execa.ExecaError).stderr, 3)}`);
    });
    return stdout;
  };
}
