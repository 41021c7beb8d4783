// A Hetzner Cloud on this computer for our program: the emulator, told how to make sense of our flake.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { buildSync } from "esbuild";
import { type Emulator, type EmulatorOptions, startEmulator } from "../emulator/src";

/** Any 64 characters will do for the emulator. */
export const TOKEN = "localcloud".padEnd(64, "0");

/** The command by which the emulator's machines and its `nixos-anywhere` learn what a flake describes. */
export const evaluatorCommand = [process.execPath, bundledEvaluator()];

/** Starts the emulator with our evaluator. The caller stops it. */
export function startLocalCloud(options: Omit<EmulatorOptions, "evaluator" | "machines"> = {}): Promise<Emulator> {
  return startEmulator({ ...options, evaluator: evaluatorCommand, machines: true });
}

/** What the program, the provider and the steps have to know to use the local cloud in place of Hetzner's. */
export function cloudEnvironment(cloud: Emulator): Record<string, string> {
  return { HCLOUD_ENDPOINT: cloud.url, HCLOUD_TOKEN: TOKEN, NIXOS_VPS_SSH_CONFIG: cloud.sshConfig };
}

/**
 * The evaluator as one plain file: it is run several times in each `up`, and in half a second of processor time it would mostly be
 * translated from TypeScript.
 */
function bundledEvaluator(): string {
  const modules = dirname(dirname(createRequire(__filename).resolve("esbuild/package.json")));
  const file = join(modules, ".cache", "nixos-vps", "evaluator.js");
  const { outputFiles } = buildSync({ entryPoints: [join(__dirname, "evaluator.ts")], bundle: true, platform: "node", write: false });
  const text = outputFiles[0]?.text ?? "";
  if (text === textOf(file)) return file;
  mkdirSync(dirname(file), { recursive: true });
  // In one go: another process may be about to run it.
  const part = `${file}.${String(process.pid)}`;
  writeFileSync(part, text);
  renameSync(part, file);
  return file;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
