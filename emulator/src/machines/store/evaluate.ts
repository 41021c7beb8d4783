// Evaluating a flake: a program that the user of the emulator names does it, in place of Nix.
import { execFile } from "node:child_process";
import { z } from "zod";
import { type SystemDescription, systemDescription } from "../system";

/**
 * @param evaluator program and first arguments
 * @param flake folder of the flake on this computer
 * @param attribute name of the NixOS configuration
 * @throws Error with the evaluator's own words when it refuses, as `nix build` would print them
 */
export async function evaluate(evaluator: readonly string[] | undefined, flake: string, attribute: string): Promise<SystemDescription> {
  const [program, ...first] = evaluator ?? [];
  if (program === undefined) {
    throw new Error(
      "the emulator was started without an evaluator, so no flake can be built. Give `evaluator` to startEmulator, or --evaluator",
    );
  }
  const output = await new Promise<string>((resolve, reject) => {
    execFile(program, [...first, flake, attribute], { maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      if (!error) {
        resolve(stdout);
        return;
      }
      reject(new Error(stderr.trim() || `the evaluator ${program} failed: ${error.message}`));
    });
  });
  const parsed = systemDescription.safeParse(parseJson(output));
  if (parsed.success) return parsed.data;
  throw new Error(`the evaluator ${program} printed no system description: ${z.prettifyError(parsed.error)}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.slice(0, 200);
  }
}

/** `DIR#NAME`, `path:DIR#NAME`, `DIR#nixosConfigurations."NAME".config.system.build.toplevel` and the like. */
export function parseFlakeRef(reference: string): { folder: string; attribute: string } | undefined {
  const match = /^(?:path:)?([^#?]+)(?:\?[^#]*)?#(.+)$/.exec(reference);
  if (!match?.[1] || !match[2]) return undefined;
  const attribute = /^(?:nixosConfigurations\.)?"?([A-Za-z0-9_-]+)"?(?:\.config(?:\.system\.build\.[A-Za-z]+)?)?$/.exec(match[2]);
  return attribute?.[1] ? { folder: match[1], attribute: attribute[1] } : undefined;
}
