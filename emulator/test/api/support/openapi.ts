// The OpenAPI document, where it is at hand: every answer that a test sees is checked against it.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv/dist/2020";
import addFormats from "ajv-formats";

const DOCUMENT = join(__dirname, "../../../../../shared/reference/hcloud.spec.json");

interface Operation {
  responses: Record<string, unknown>;
  requestBody?: { content: Record<string, { schema: Schema }> };
}

interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
}

/** As much of a schema as is looked at. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  allOf?: Schema[];
  oneOf?: Schema[];
}

export const openApiAtHand = existsSync(DOCUMENT);

/** Every operation of the document, with the fields of its body; none where the document is not at hand. */
export function operations(): { method: string; path: string; fields: Record<string, Schema>; required: string[] }[] {
  if (!openApiAtHand) return [];
  const document = JSON.parse(readFileSync(DOCUMENT, "utf8")) as OpenApi;
  const follow = (schema: Schema): Schema =>
    schema.$ref === undefined
      ? schema
      : follow(
          schema.$ref
            .replace("#/", "")
            .split("/")
            .reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], document) as Schema,
        );
  // What stands under several heads belongs to the one body.
  const heads = (schema: Schema): Schema[] => {
    const whole = follow(schema);
    return [whole, ...(whole.allOf ?? []).flatMap(heads)];
  };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => ["get", "post", "put", "delete"].includes(method))
      .map(([method, { requestBody }]) => {
        const schema = requestBody?.content["application/json"]?.schema;
        const all = schema ? heads(schema) : [];
        const fields = Object.fromEntries(
          all.flatMap(({ properties }) => Object.entries(properties ?? {})).map(([name, of]) => [name, follow(of)]),
        );
        return { method: method.toUpperCase(), path, fields, required: all.flatMap(({ required }) => required ?? []) };
      }),
  );
}

const validator = openApiAtHand ? load() : undefined;

/** @throws Error that names what is outside of the schema; a path that the document does not know is not checked */
export function requireOpenApi(method: string, path: string, status: number, body: unknown): void {
  validator?.(method.toLowerCase(), path, status, body);
}

function load(): (method: string, path: string, status: number, body: unknown) => void {
  const document = JSON.parse(readFileSync(DOCUMENT, "utf8")) as OpenApi;
  bringUpToDate(document);
  mend(document);
  const ajv = new Ajv({ strict: false, allErrors: true, discriminator: false });
  addFormats(ajv);
  ajv.addFormat("decimal", /^-?\d+(\.\d+)?$/);
  ajv.addSchema(document, "hcloud");
  const templates = Object.keys(document.paths).map((template) => ({ template, parts: template.split("/") }));

  return (method, path, status, body) => {
    const parts = path.split("/");
    const matching = templates.filter(
      (each) => each.parts.length === parts.length && each.parts.every((part, at) => part.startsWith("{") || part === parts[at]),
    );
    // `/servers/actions` is a path of its own, not the server called "actions".
    const found = matching.sort((a, b) => wildcards(a.parts) - wildcards(b.parts))[0];
    const responses = found && document.paths[found.template]?.[method]?.responses;
    if (!responses) return;
    const code = [String(status), `${String(status).slice(0, 1)}xx`].find((each) => each in responses);
    if (code === undefined) throw new Error(`${method} ${path}: the document knows no answer ${status}`);
    if (status === 204) return;
    const pointer = ["paths", found.template, method, "responses", code, "content", "application/json", "schema"].map(escaped).join("/");
    const validate = ajv.getSchema(`hcloud#/${pointer}`);
    if (!validate) throw new Error(`${method} ${path}: no schema at ${pointer}`);
    if (!validate(body))
      throw new Error(`${method} ${path} ${status}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(body, null, 1)}`);
  };
}

const wildcards = (parts: string[]): number => parts.filter((part) => part.startsWith("{")).length;
const escaped = (part: string): string => encodeURIComponent(part.replace(/~/g, "~0").replace(/\//g, "~1"));

/** The document is of 2026-07-08; since 2026-10-05 deleting a load balancer is an action. */
function bringUpToDate({ paths }: OpenApi): void {
  const responses = paths["/load_balancers/{id}"]?.["delete"]?.responses;
  const action = paths["/load_balancers/{id}/actions/change_algorithm"]?.["post"]?.responses["201"];
  if (responses && action) responses["201"] ??= action;
}

/**
 * Since 2026-08-01 a primary IP that nobody has says `unassigned`, and since 2026-10-05 a load balancer may have one. And where the
 * document allows null by type, its list of values forgets to.
 */
function mend(node: unknown): void {
  if (typeof node !== "object" || node === null) return;
  const { type, enum: values } = node as { type?: unknown; enum?: unknown };
  if (Array.isArray(type) && type.includes("null") && Array.isArray(values) && !values.includes(null)) values.push(null);
  for (const [key, value] of Object.entries(node)) {
    if (key === "assignee_type") {
      const { enum: assignees } = value as { enum?: string[] };
      for (const later of ["unassigned", "load_balancer"]) if (assignees && !assignees.includes(later)) assignees.push(later);
    }
    mend(value);
  }
}
