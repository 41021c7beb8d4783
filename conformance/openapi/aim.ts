// Requests made up at random rarely meet anything: here their paths are aimed at what there is.
import type { Document } from "./document";
import type { Seeded } from "./seed";

interface Parameter {
  name: string;
  in: string;
  schema: { type?: unknown; enum?: unknown[] };
}

/** Never given to anything, so that "not found" is asked for as well. */
const NOBODY = 999_999_999;

/**
 * Narrows the ids in a document's paths to those that were made. What is answered is held against the same schemas as ever.
 *
 * @param seeded ids by the first part of their paths
 */
export function aimAt(document: Document, seeded: Seeded): void {
  for (const [path, operations] of Object.entries(document.paths)) {
    const [, kind = "", next = ""] = path.split("/");
    const ids = next.startsWith("{id") ? seeded[kind] : undefined;
    if (!ids) continue;
    for (const operation of Object.values(operations) as ({ parameters?: Parameter[] } | undefined)[]) {
      const aimed = operation?.parameters?.filter((each) => each.in === "path") ?? [];
      for (const { name, schema } of aimed) {
        if (name === "id") schema.enum = [...ids, NOBODY];
        if (name === "id_or_name") schema.enum = [...ids, NOBODY].map(String);
        if (name === "rr_name") schema.enum = ["www", "@"];
      }
    }
  }
}
