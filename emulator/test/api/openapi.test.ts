import { openApiAtHand, requireOpenApi } from "./support/openapi";

if (!openApiAtHand) {
  console.warn(
    "skipped: answers are not checked against Hetzner's OpenAPI document, because ../shared/reference/hcloud.spec.json is not there",
  );
}

const key = { id: 1, name: "me", fingerprint: "aa", public_key: "ssh-ed25519 AAAA", labels: {}, created: "2026-11-21T00:00:00Z" };
const error = { code: "not_found", message: "not there", details: null };

(openApiAtHand ? describe : describe.skip)("an answer that is outside of the OpenAPI document is noticed", () => {
  test.each([
    ["a field that is missing", "GET", "/ssh_keys/1", 200, { ssh_key: { ...key, name: undefined } }],
    ["a field of another type", "GET", "/ssh_keys/1", 200, { ssh_key: { ...key, id: "1" } }],
    ["a moment that is none", "GET", "/ssh_keys/1", 200, { ssh_key: { ...key, created: "today" } }],
    ["a refusal without a code", "GET", "/ssh_keys/1", 404, { error: { message: "not there" } }],
    ["a status that is not documented", "GET", "/ssh_keys/1", 302, {}],
  ])("%s", (_what, method, path, status, body) => {
    expect(() => requireOpenApi(method, path, status, JSON.parse(JSON.stringify(body)))).toThrow(path);
  });

  test("and one that is inside is not", () => {
    requireOpenApi("GET", "/ssh_keys/1", 200, { ssh_key: key });
    requireOpenApi("GET", "/ssh_keys/1", 404, { error });
  });
});
