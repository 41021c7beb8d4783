// The OpenAPI document as it is given to validators.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aimAt } from "../../conformance/openapi/aim";
import { readDocument } from "../../conformance/openapi/document";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "conformance-document-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function read(paths: object): ReturnType<typeof readDocument> {
  const file = join(folder, "openapi.json");
  writeFileSync(file, JSON.stringify({ paths }));
  return readDocument(file);
}

test("operations that the emulator has not are left out, and named", () => {
  const { document, covered, uncovered } = read({ "/servers/{id}": { get: {}, patch: {} }, "/mainframes": { post: {} } });

  expect(covered).toEqual(["GET /servers/{id}"]);
  expect(uncovered).toEqual(["PATCH /servers/{id}", "POST /mainframes"]);
  expect(JSON.parse(JSON.stringify(document))).toEqual({ paths: { "/servers/{id}": { get: {} }, "/mainframes": {} } });
});

test("ranges of status codes are written as validators read them, and null is a value where the type allows it", () => {
  const { document } = read({ "/servers": { get: { responses: { "4xx": { type: ["string", "null"], enum: ["a"] } } } } });

  expect(document.paths["/servers"]).toEqual({ get: { responses: { "4XX": { type: ["string", "null"], enum: ["a", null] } } } });
});

test("paths are aimed at what was made, and at something that nobody has", () => {
  const { document } = read({ "/servers/{id}": { get: { parameters: [{ name: "id", in: "path", schema: { type: "integer" } }] } } });

  aimAt(document, { servers: [7] });

  expect(document.paths["/servers/{id}"]).toMatchObject({ get: { parameters: [{ schema: { enum: [7, 999_999_999] } }] } });
});
