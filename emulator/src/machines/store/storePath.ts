// Names in /nix/store. The hash is of what is in the path, so the same system always has the same path and another never has.
import { createHash } from "node:crypto";

/** Nix's alphabet: no e, o, t, u. */
const ALPHABET = "0123456789abcdfghijklmnpqrsvwxyz";

/** @returns e.g. `x2i6…-nixos-system-devserver-26.05`: 32 characters, a dash, the name */
export function storeName(name: string, content: unknown): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([name, sorted(content)]))
    .digest();
  const hash = [...digest.subarray(0, 32)].map((byte) => ALPHABET[byte % 32]).join("");
  return `${hash}-${name.replaceAll(/[^A-Za-z0-9+\-._?=]/g, "-").slice(0, 150)}`;
}

export const inStore = (name: string): string => `/nix/store/${name}`;

/** The same whatever the order in which an object's keys were written. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
