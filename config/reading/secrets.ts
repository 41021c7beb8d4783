import { isObject } from "./read";
import type { Path, Problems } from "./problems";

const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----|AGE-SECRET-KEY-1|PuTTY-User-Key-File/;

/** No key of the schema lies deeper, and what lies deeper is refused as unknown and never shown. */
const DEEPEST = 12;

/**
 * Finds secrets where none may be: in the machines and the admin, which end up in the world-readable Nix store. Pulumi hands out a
 * nested `secure:` in the clear and marks the whole key instead (facts 2.13), so both are looked for.
 *
 * @returns whether a secret is somewhere among the values without being known, which is a reason not to quote any of them
 */
export function refuseSecrets(raw: Record<string, unknown>, secretKeys: readonly string[], problems: Problems): boolean {
  const marked = Object.keys(raw).filter((key) => secretKeys.includes(`nixos-vps:${key}`));
  for (const key of marked) {
    problems.add(
      [key],
      "holds a value that is marked `secure:`. Nothing in here is secret: it becomes part of the system, which everyone on the machine can read. " +
        "Take it out, and bring secrets to the machine with sops-nix.",
    );
  }
  for (const [key, value] of Object.entries(raw)) refuseBelow(value, [key], problems);
  return marked.length > 0;
}

function refuseBelow(value: unknown, at: Path, problems: Problems): void {
  if (at.length > DEEPEST) return;
  const words = secretWords(value);
  if (words !== undefined) problems.seal(at, words);
  else if (Array.isArray(value)) value.forEach((element, index) => refuseBelow(element, [...at, index], problems));
  else if (isObject(value)) for (const [key, child] of Object.entries(value)) refuseBelow(child, [...at, key], problems);
}

function secretWords(value: unknown): string | undefined {
  if (typeof value === "string" && PRIVATE_KEY.test(value)) {
    return (
      "is a private key. Write the public one (the .pub file). Whoever could read this file has the private key now: " +
      "make a new pair, and stop using this one."
    );
  }
  if (isObject(value) && Object.hasOwn(value, "secure")) {
    return "is marked `secure:`, but nothing in here is secret: it becomes part of the system, which everyone on the machine can read. Take it out.";
  }
  return undefined;
}
