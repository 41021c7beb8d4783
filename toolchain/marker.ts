// What is put together here carries a mark, so that nobody takes it for an official installation, in this cache or another.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CliOrigin, PluginOrigin } from "./types";

const MARKER = "nixos-vps.json";

/** Marks a folder with where its contents came from. */
export function mark(folder: string, origin: CliOrigin | PluginOrigin): void {
  writeFileSync(join(folder, MARKER), JSON.stringify({ origin }) + "\n");
}

/** Where the contents of a folder came from; undefined for what was not put together here. */
export function markedOrigin(folder: string): CliOrigin | PluginOrigin | undefined {
  try {
    return (JSON.parse(readFileSync(join(folder, MARKER), "utf8")) as { origin: CliOrigin | PluginOrigin }).origin;
  } catch {
    return undefined;
  }
}
