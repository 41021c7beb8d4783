// The flake of one machine: a copy of the project's nix/ with its facts beside it. What is sent to the machine, built there, and lies in
// /etc/nixos afterwards is this folder and nothing else.
import { createHash } from "node:crypto";
import { chmodSync, cpSync, lstatSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import type { Facts } from "../facts";

/** Name of the facts within the flake. */
export const FACTS_FILE = "facts.json";

/** Not part of the flake at its top: history, and facts that somebody put there to try something out. Build results: see below. */
const LEFT_OUT = new Set([".git", ".direnv", FACTS_FILE]);

/**
 * Copies the flake and writes the facts into it.
 *
 * @param source the project's `nix/`
 * @param target a folder that is made anew
 */
export function makeFlakeFolder(source: string, facts: Facts, target: string): void {
  rmSync(target, { recursive: true, force: true });
  cpSync(source, target, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => dirname(relative(source, path)) !== "." || !leftOut(basename(path)),
  });
  writeFileSync(join(target, FACTS_FILE), factsText(facts));
  // The step's own umask lets nobody else in; on the machine the facts are for all to read.
  chmodSync(join(target, FACTS_FILE), 0o644);
}

/** The same facts are always the same text, whatever order they were put together in. */
export function factsText(facts: Facts): string {
  return `${JSON.stringify(facts, sortKeys, 2)}\n`;
}

/**
 * Hash of a flake's content: relative paths, contents, and who may be executed. Where it lies, when its files were written, and to whom
 * they belong does not count.
 *
 * @returns 64 hexadecimal digits
 * @example
 * ```ts
 * flakeHash("nix"); // "3b0c…", the same on every computer
 * ```
 */
export function flakeHash(folder: string): string {
  const hash = createHash("sha256");
  for (const { path, kind, content } of entries(folder, "")) {
    // Lengths stand before what may hold anything, so that no two trees can yield the same sequence.
    hash.update(`${Buffer.byteLength(path)}:${path}:${kind}:${content.length}:`);
    hash.update(content);
  }
  return hash.digest("hex");
}

/**
 * Hash of a flake together with the facts that will be put into it: the reason for a switch.
 *
 * @param flake what `flakeHash` says: the same for all machines of a stack
 */
export function systemHash(flake: string, facts: Facts): string {
  return createHash("sha256")
    .update(`${flake}\n${factsText(facts)}`)
    .digest("hex");
}

interface Entry {
  path: string;
  kind: "file" | "executable" | "link";
  content: Buffer;
}

/** Files below a folder, in an order that no locale and no file system has a say in. */
function* entries(root: string, below: string): Generator<Entry> {
  const names = readdirSync(join(root, below))
    .filter((name) => below !== "" || !leftOut(name))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const name of names) {
    const path = below === "" ? name : `${below}/${name}`;
    const stat = lstatSync(join(root, path));
    if (stat.isDirectory()) yield* entries(root, path);
    else if (stat.isSymbolicLink()) yield { path, kind: "link", content: Buffer.from(readlinkSync(join(root, path))) };
    else yield { path, kind: stat.mode & 0o100 ? "executable" : "file", content: readFileSync(join(root, path)) };
  }
}

/** `nix build` leaves `result` and `result-…` where it is run. */
function leftOut(name: string): boolean {
  return LEFT_OUT.has(name) || /^result(-|$)/.test(name);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
