import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";

/** A short name for a set of values: equal for equal values, and for all purposes different for different ones. */
export function hashOf(...values: unknown[]): string {
  return createHash("sha256").update(JSON.stringify(values)).digest("hex").slice(0, 16);
}

/** The same for the files below a folder, by path and content; `counts` chooses by the path relative to the folder. */
export function hashFolder(folder: string, counts: (path: string) => boolean): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter(counts)
    .sort();
  return hashOf(
    files.map((file) => [
      file,
      createHash("sha256")
        .update(readFileSync(join(folder, file)))
        .digest("hex"),
    ]),
  );
}

/** What tells that a file is still the one seen before, without reading it. Undefined where there is none. */
export function fileIdentity(path: string): string | undefined {
  if (!existsSync(path)) {
    return undefined;
  }
  const { size, mtimeMs } = statSync(path);
  return `${path}:${size}:${mtimeMs}`;
}
