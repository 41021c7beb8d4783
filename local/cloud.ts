// A Hetzner Cloud on this computer for our program: the emulator, told how to make sense of our flake.
import { type Emulator, type EmulatorOptions, startEmulator } from "../emulator/src";
import { bundle } from "../toolchain/bundle";

/** Any 64 characters will do for the emulator. */
export const TOKEN = "localcloud".padEnd(64, "0");

/** The command by which the emulator's machines and its `nixos-anywhere` learn what a flake describes. */
export const evaluatorCommand = [process.execPath, bundle("local/evaluator.ts")];

/** Starts the emulator with our evaluator. The caller stops it. */
export function startLocalCloud(options: Omit<EmulatorOptions, "evaluator" | "machines"> = {}): Promise<Emulator> {
  return startEmulator({ ...options, evaluator: evaluatorCommand, machines: true });
}

/** What the program, the provider and the steps have to know to use the local cloud in place of Hetzner's. */
export function cloudEnvironment(cloud: Emulator): Record<string, string> {
  return { HCLOUD_ENDPOINT: cloud.url, HCLOUD_TOKEN: TOKEN, NIXOS_VPS_SSH_CONFIG: cloud.sshConfig };
}
