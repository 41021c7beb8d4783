import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ensureToolchain, silent, type Toolchain } from "../../toolchain";
import type { PluginName } from "../../toolchain/versions";
import type { Ways } from "../../toolchain/ways";

/** A folder of the test's own, removed by `removeFolders`. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "toolchain-test-"));
  folders.push(folder);
  return folder;
}

const folders: string[] = [];

export function removeFolders(): void {
  for (const folder of folders.splice(0)) {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes a file that can be run. It does nothing. */
export function writeExecutable(path: string, content = "#!/bin/sh\n"): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content, { mode: 0o755 });
  return path;
}

export interface FakeWays extends Ways {
  /** What was done, in order, e.g. `build hcloud`. Questions that cost nothing are left out. */
  done: string[];
}

/** Ways that make empty executables at once. By default the downloads are out of reach and Go is there. */
export function fakeWays(replace: Partial<Ways> = {}): FakeWays {
  const done: string[] = [];
  return {
    done,
    cliVersion: () => Promise.resolve("v3.256.0"),
    whyUnreachable: () => {
      done.push("ask the network");
      return Promise.resolve("no network here");
    },
    downloadCli: (folder) => {
      done.push("download cli");
      writeExecutable(join(folder, "bin", "pulumi"));
      writeExecutable(join(folder, "bin", "pulumi-language-nodejs"));
      return Promise.resolve();
    },
    downloadPlugin: (_pulumi, home, name, version) => {
      done.push(`download ${name}`);
      writeExecutable(pluginIn(join(home, "plugins"), name, version), "#!/bin/sh\n# official\n");
      return Promise.resolve();
    },
    whyNoGo: () => Promise.resolve(undefined),
    goSourcesHash: (module) => `sources-of-${module}`,
    goBuild: ({ module, staging }) => {
      done.push(`build ${module}`);
      return Promise.resolve(writeExecutable(join(staging, "built")));
    },
    languageHostHash: () => "language-host",
    bundleLanguageHost: (output) => {
      done.push("bundle the language host");
      writeExecutable(output);
      return Promise.resolve();
    },
    ...replace,
  };
}

/** What makes `fakeWays` reach the downloads. */
export const reachable: Partial<Ways> = { whyUnreachable: () => Promise.resolve(undefined) };

/** `ensureToolchain` by these ways, without a word. */
export function ensure(env: NodeJS.ProcessEnv, ways: Ways, more: { pluginDir?: string; refresh?: boolean } = {}): Promise<Toolchain> {
  return ensureToolchain({ env, progress: silent, ...more }, ways);
}

/** Where the engine keeps a plugin below a folder `plugins`. */
export function pluginIn(folder: string, name: PluginName, version: string): string {
  return join(folder, `resource-${name}-v${version}`, `pulumi-resource-${name}`);
}

/** An environment in which nothing is found but what the test puts there. */
export function emptyEnvironment(home = temporaryFolder()): { HOME: string; PATH: string } {
  const path = join(home, "bin");
  if (!existsSync(path)) {
    mkdirSync(path);
  }
  return { HOME: home, PATH: path };
}
