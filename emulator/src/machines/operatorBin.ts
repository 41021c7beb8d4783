// What stands on the operator's PATH in place of the real program, knowing this emulator's evaluator.
import { chmod, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { shellQuote } from "./cloudInit";

const operatorFolder = join(__dirname, "../../operator");

export async function writeOperatorBin(folder: string, evaluator: readonly string[] | undefined): Promise<void> {
  await mkdir(folder, { recursive: true });
  const text = [
    "#!/bin/sh",
    `export HCLOUD_EMULATOR_EVALUATOR=${shellQuote(JSON.stringify(evaluator ?? []))}`,
    `export HCLOUD_EMULATOR_NODE=${shellQuote(process.execPath)}`,
    // The published package holds JavaScript, and no translator.
    ...(__filename.endsWith(".ts") ? [`export HCLOUD_EMULATOR_TSX=${shellQuote(require.resolve("tsx/cjs"))}`] : []),
    `exec ${shellQuote(join(operatorFolder, "nixos-anywhere"))} "$@"`,
    "",
  ].join("\n");
  const path = join(folder, "nixos-anywhere");
  await writeFile(`${path}.part`, text);
  await chmod(`${path}.part`, 0o755);
  await rename(`${path}.part`, path);
}
