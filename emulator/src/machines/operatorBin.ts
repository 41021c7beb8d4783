// What stands on the operator's PATH in place of the real program, knowing this emulator's evaluator.
import { execFile } from "node:child_process";
import { chmod, mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { shellQuote } from "./cloudInit";

const operatorFolder = join(__dirname, "../../operator");

export async function writeOperatorBin(folder: string, evaluator: readonly string[] | undefined): Promise<void> {
  await mkdir(folder, { recursive: true });
  const text = [
    "#!/bin/sh",
    `export HCLOUD_EMULATOR_EVALUATOR=${shellQuote(JSON.stringify(evaluator ?? []))}`,
    `export HCLOUD_EMULATOR_NODE=${shellQuote(process.execPath)}`,
    // The published package holds JavaScript; the sources are translated here, once, and not in each of its many short lives.
    ...(__filename.endsWith(".ts") ? [`export HCLOUD_EMULATOR_INSTALLER=${shellQuote(await translated(folder))}`] : []),
    `exec ${shellQuote(join(operatorFolder, "nixos-anywhere"))} "$@"`,
    "",
  ].join("\n");
  const path = join(folder, "nixos-anywhere");
  await writeFile(`${path}.part`, text);
  await chmod(`${path}.part`, 0o755);
  await rename(`${path}.part`, path);
}

async function translated(folder: string): Promise<string> {
  const source = join(operatorFolder, "nixosAnywhere", "main.ts");
  const file = join(folder, ".nixos-anywhere.js");
  const options = ["--bundle", "--platform=node", "--log-level=error", `--define:__dirname=${JSON.stringify(dirname(source))}`];
  await promisify(execFile)(require.resolve("esbuild/bin/esbuild"), [source, ...options, `--outfile=${file}`]);
  return file;
}
