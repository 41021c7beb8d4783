// A Hetzner Cloud on this computer for our program: the emulator, told how to make sense of our flake.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
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
  const esbuild = createRequire(__filename).resolve("esbuild/bin/esbuild");
  const file = join(dirname(dirname(dirname(esbuild))), ".cache", "nixos-vps", "evaluator.js");
  // The program and not its API, which leaves a process behind that keeps jest from ending.
  const text = execFileSync(esbuild, [join(__dirname, "evaluator.ts"), "--bundle", "--platform=node", "--log-level=error"], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
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
