// Python packages from PyPI, in a virtual environment of their own in the cache.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import execa from "execa";
import type { Cache } from "../../toolchain/cache";
import { hashOf } from "../../toolchain/hash";
import { Skipped } from "../suite";
import { lastLines } from "./output";

/** The oldest that the pinned packages run on. */
const OLDEST_PYTHON = [3, 10] as const;

export interface PythonOptions {
  cache: Cache;
  env: NodeJS.ProcessEnv;
  /** `false`: use what is there. */
  download: boolean;
}

/**
 * The `python` of a virtual environment with exactly the packages that `requirements` (a file of pip's) names.
 *
 * @throws Skipped where there is no Python, or the packages are neither in the cache nor to be had
 */
export async function pythonWith(requirements: string, { cache, env, download }: PythonOptions): Promise<string> {
  const { python, version } = await systemPython(env);
  const name = join("conformance", `python-${version}-${hashOf(readFileSync(requirements, "utf8"), process.platform, process.arch)}`);
  const ready = join(cache.path(name), "bin", "python");
  if (existsSync(ready)) return ready;
  if (!download) {
    throw new Skipped("its Python packages are not in the cache (npm run conformance gets them)");
  }
  await cache.folder(name, async (staging) => {
    const step = async (command: string, args: string[]) => {
      await execa(command, args, { env, extendEnv: false }).catch((problem: unknown) => {
        const said = lastLines((problem as execa.ExecaError).stderr, 3);
        throw new Skipped(`\`${[command, ...args].join(" ")}\` failed, so there are no Python packages:\n${said}`);
      });
    };
    await step(python, ["-m", "venv", staging]);
    // Only `bin/python -m` works after the folder has taken its place: pip writes the staging folder into its scripts.
    await step(join(staging, "bin", "python"), ["-m", "pip", "install", "--quiet", "--no-deps", "--requirement", requirements]);
  });
  return ready;
}

/** `$PYTHON` or `python3`. */
async function systemPython(env: NodeJS.ProcessEnv): Promise<{ python: string; version: string }> {
  const python = env["PYTHON"] ?? "python3";
  const show = "import platform; print(platform.python_version())";
  const { stdout } = await execa(python, ["-c", show], { env, extendEnv: false }).catch(() => {
    throw new Skipped(`there is no \`${python}\` that runs (Debian: apt install python3-venv)`);
  });
  const [major = 0, minor = 0] = stdout.split(".").map(Number);
  if (major < OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor < OLDEST_PYTHON[1])) {
    throw new Skipped(`\`${python}\` is ${stdout}, older than ${OLDEST_PYTHON.join(".")}`);
  }
  return { python, version: `${major}.${minor}` };
}
