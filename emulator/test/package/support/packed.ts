// The package as somebody gets it: packed by npm, unpacked into a folder of their own, beside nothing but what it says it needs.
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const emulator = join(__dirname, "../../..");
const repository = dirname(emulator);

interface Manifest {
  version: string;
  bin: Record<string, string>;
  dependencies: Record<string, string>;
}

export interface Packed {
  /** Somebody's project, with the package in its node_modules. */
  project: string;
  /** The package's own folder in it. */
  folder: string;
  remove(): void;
}

/** @throws Error when it cannot be packed */
export async function pack(): Promise<Packed> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "hcloud-emulator-package-")));
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  try {
    const project = join(root, "project");
    const folder = join(project, "node_modules/hcloud-emulator");
    mkdirSync(folder, { recursive: true });
    await run("tar", ["-xzf", await packedIn(root), "-C", folder, "--strip-components=1"]);
    install(project, folder);
    return { project, folder, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** In a copy: the build writes beside the sources. */
async function packedIn(root: string): Promise<string> {
  const copy = join(root, "repository/emulator");
  const without = new Set(["node_modules", "dist", "test"].map((name) => join(emulator, name)));
  cpSync(emulator, copy, { recursive: true, verbatimSymlinks: true, filter: (path) => !without.has(path) });
  cpSync(join(repository, "tsconfig.json"), join(root, "repository/tsconfig.json"));
  symlinkSync(join(repository, "node_modules"), join(root, "repository/node_modules"));
  if (existsSync(join(emulator, "node_modules"))) symlinkSync(join(emulator, "node_modules"), join(copy, "node_modules"));
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", root], {
    cwd: copy,
    env: { ...process.env, npm_config_offline: "true", npm_config_update_notifier: "false" },
    maxBuffer: 1 << 26,
  }).catch((error: unknown) => {
    // What the compiler complains of is not said on stderr.
    throw new Error(`the package cannot be built: ${(error as { stdout: string }).stdout}`, { cause: error });
  });
  const tarball = /hcloud-emulator-[\w.-]+\.tgz/.exec(stdout)?.[0];
  if (tarball === undefined) throw new Error(`npm pack has named no package: ${stdout}`);
  return join(root, basename(tarball));
}

/** As npm would, from what this repository has: what the package does not ask for is not there. */
function install(project: string, folder: string): void {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  // Who uses types of Node's own has its types.
  for (const name of [...Object.keys(manifest.dependencies), "@types/node"]) {
    const to = join(project, "node_modules", name);
    mkdirSync(dirname(to), { recursive: true });
    symlinkSync(folderOf(name), to);
  }
  mkdirSync(join(project, "node_modules/.bin"));
  for (const [name, file] of Object.entries(manifest.bin)) {
    symlinkSync(join(folder, file), join(project, "node_modules/.bin", name));
  }
}

function folderOf(name: string): string {
  const found = [emulator, repository].map((base) => join(base, "node_modules", name)).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${name} is not installed`);
  return realpathSync(found);
}
