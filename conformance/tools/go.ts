// Executables from Go modules: built once from a go.mod and go.sum that pin all they are made of.
import { existsSync } from "node:fs";
import { join } from "node:path";
import execa from "execa";
import type { Cache } from "../../toolchain/cache";
import { whyNoGo } from "../../toolchain/goBuild";
import { hashFolder, hashOf } from "../../toolchain/hash";
import { Skipped } from "../suite";
import { lastLines } from "./output";

export interface GoOptions {
  /** Folder with go.mod and go.sum. */
  sources: string;
  /** Package to build, e.g. `.`, or the path of a command that go.mod names as a tool. */
  target: string;
  /** Name of the executable. */
  executable: string;
  /** Further arguments of `go build`. */
  flags?: string[];
  cache: Cache;
  env: NodeJS.ProcessEnv;
  /** `false`: use what is there. */
  download: boolean;
  detail: (text: string) => void;
}

/**
 * Builds an executable into the cache, unless it is there.
 *
 * @returns its path
 * @throws Skipped where there is no Go, or a module is not to be had
 * @throws Error when the modules are there and do not compile
 */
export async function goExecutable(options: GoOptions): Promise<string> {
  const { sources, target, executable, flags = [], cache, env, download, detail } = options;
  const hash = hashOf(
    hashFolder(sources, (path) => /\.go$|^go\.(mod|sum)$/.test(path)),
    target,
    flags,
    process.platform,
    process.arch,
  );
  const name = join("conformance", `${executable}-${hash}`);
  const ready = join(cache.path(name), executable);
  if (existsSync(ready)) return ready;
  if (!download) throw new Skipped(`${executable} is not in the cache (npm run conformance builds it)`);
  const reason = await whyNoGo(env);
  if (reason !== undefined) throw new Skipped(`${reason}, so ${executable} cannot be built`);

  const go = async (...args: string[]) => {
    await execa("go", args, { cwd: sources, env: goEnvironment(env), extendEnv: false });
  };
  detail("getting Go modules");
  await go("mod", "download").catch((problem: unknown) => {
    throw new Skipped(`its Go modules are not to be had:\n${lastLines((problem as execa.ExecaError).stderr, 3)}`);
  });
  detail(`building ${executable}`);
  await cache.folder(name, async (staging) => {
    const output = join(staging, executable);
    await go("build", "-trimpath", "-buildvcs=false", "-mod=readonly", ...flags, "-o", output, target).catch((problem: unknown) => {
      throw new Error(`${executable} does not compile:\n${lastLines((problem as execa.ExecaError).stderr, 20)}`);
    });
  });
  return ready;
}

/**
 * The user's Go settings (proxy, caches), without those that change what is built. A module may ask for a newer Go than there is: Go
 * gets that from the module proxy as well.
 */
export function goEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, GOFLAGS: "", GOWORK: "off", CGO_ENABLED: "0", GOOS: "", GOARCH: "", GOTOOLCHAIN: "auto" };
}
