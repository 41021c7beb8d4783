// Hetzner's OpenAPI document, as far as the emulator covers it, and mended where validators cannot read it.
import { readFileSync } from "node:fs";
import { routes } from "../../emulator/src/api/server";

export interface Document {
  paths: Record<string, Record<string, unknown>>;
}

/** The operations of a document that the emulator has, and those that it has not. */
export interface Coverage {
  document: Document;
  /** E.g. `GET /servers/{id}`. */
  covered: string[];
  uncovered: string[];
}

const METHODS = ["get", "post", "put", "delete", "patch"];

/** @param file the document, as Hetzner publishes it */
export function readDocument(file: string): Coverage {
  const document = JSON.parse(readFileSync(file, "utf8")) as Document;
  const known = new Set(routes.map(({ method, path }) => `${method} ${shapeOf(path)}`));
  const covered: string[] = [];
  const uncovered: string[] = [];
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const method of METHODS.filter((each) => each in operations)) {
      const name = `${method.toUpperCase()} ${path}`;
      if (known.has(`${method.toUpperCase()} ${shapeOf(path)}`)) {
        covered.push(name);
      } else {
        uncovered.push(name);
        operations[method] = undefined;
      }
    }
  }
  mend(document);
  return { document, covered, uncovered };
}

/** A path without the names of its parameters, which the emulator and the document choose each for itself. */
function shapeOf(path: string): string {
  return path.replace(/\{[^}]+\}|:\w+/g, "*");
}

/**
 * The document is of 2026-07-08: since 2026-08-01 an address that nobody has says `unassigned`. It writes `4xx` where OpenAPI wants `4XX`, and where it allows null by type, its list of values
 * forgets to.
 */
function mend(node: unknown): void {
  if (typeof node !== "object" || node === null) return;
  const { type, enum: values, responses } = node as { type?: unknown; enum?: unknown[]; responses?: Record<string, unknown> };
  if (Array.isArray(type) && type.includes("null") && Array.isArray(values) && !values.includes(null)) values.push(null);
  for (const wrong of ["4xx", "5xx"]) {
    if (responses?.[wrong] !== undefined) {
      responses[wrong.toUpperCase()] = responses[wrong];
      // Gone altogether, or it would be taken for a status of its own.
      Reflect.deleteProperty(responses, wrong);
    }
  }
  for (const [key, value] of Object.entries(node)) {
    if (key === "assignee_type") {
      const { enum: assignees } = value as { enum?: string[] };
      if (assignees && !assignees.includes("unassigned")) assignees.push("unassigned");
    }
    mend(value);
  }
}
