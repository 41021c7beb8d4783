// Every operation of Hetzner's OpenAPI document is served, and every field of every body is looked at.
import fc from "fast-check";
import { createSelfSignedCertificate, generatePrivateKey, identityForHost } from "sshpk";
import { Cloud, type ErrorJson } from "./support/cloud";
import { openApiAtHand, operations, type Schema } from "./support/openapi";

if (!openApiAtHand) {
  console.warn("skipped: whether every operation is served, because ../shared/reference/hcloud.spec.json is not there");
}

let cloud: Cloud;
/** One resource of each kind, by the first part of its path. */
let ids: Record<string, number | string>;
beforeAll(async () => {
  cloud = await Cloud.start();
  ids = await oneOfEach();
});
afterAll(() => cloud.stop());

async function oneOfEach(): Promise<Record<string, number | string>> {
  const made = async (path: string, order: object): Promise<number> => {
    const reply = await cloud.done<Record<string, { id: number }> & { action: never }>("POST", path, order);
    return Object.values(reply)[0]?.id ?? 0;
  };
  const key = generatePrivateKey("ed25519");
  const pem = createSelfSignedCertificate(identityForHost("example.com"), key).toString("pem");
  const subnets = [{ type: "cloud", network_zone: "eu-central", ip_range: "10.0.0.0/24" }];
  await made("/zones", { name: "example.com", mode: "primary", rrsets: [{ name: "www", type: "A", records: [{ value: "192.0.2.1" }] }] });
  const servers = (await cloud.newServer("web")).id;
  return {
    servers,
    zones: "example.com",
    volumes: await made("/volumes", { name: "data", size: 10, location: "fsn1" }),
    ssh_keys: await made("/ssh_keys", { name: "me", public_key: key.toPublic().toString("ssh") }),
    firewalls: await made("/firewalls", { name: "fw" }),
    primary_ips: await made("/primary_ips", { name: "ip", type: "ipv4", location: "fsn1" }),
    floating_ips: await made("/floating_ips", { name: "ip", type: "ipv4", home_location: "fsn1" }),
    networks: await made("/networks", { name: "net", ip_range: "10.0.0.0/16", subnets }),
    placement_groups: await made("/placement_groups", { name: "group", type: "spread" }),
    images: await made(`/servers/${servers}/actions/create_image`, { type: "snapshot" }),
    certificates: await made("/certificates", { name: "web", certificate: pem, private_key: key.toString("pkcs8") }),
    load_balancers: await made("/load_balancers", { name: "lb", load_balancer_type: "lb11", location: "fsn1" }),
    datacenters: 1,
    locations: 1,
    isos: 108_512,
    server_types: 114,
    load_balancer_types: 1,
    actions: 1,
  };
}

/** The path with the number of something that is there. */
function real(path: string): string {
  const of = String(ids[path.split("/")[1] ?? ""] ?? "");
  return path
    .replace(/\/actions\/\{(action_)?id\}/, "/actions/1")
    .replace(/\{id(_or_name)?\}/, of)
    .replace("{rr_name}", "www")
    .replace("{rr_type}", "A");
}

const nameOf = ({ method, path }: { method: string; path: string }): string => `${method} ${path}`;
const all = operations();
const withBody = all.filter(({ fields }) => Object.keys(fields).length > 0);
type Row = [name: string, operation: ReturnType<typeof operations>[0] | undefined];
/** Jest wants at least one row, also where there is no document. */
const each = (rows: ReturnType<typeof operations>): Row[] =>
  rows.length > 0 ? rows.map((row): Row => [nameOf(row), row]) : [["none", undefined]];

(openApiAtHand ? describe : describe.skip)("of the document", () => {
  // What deletes would take away what others need.
  test.each(each(all.filter(({ method }) => method !== "DELETE")))("%s is served", async (_name, operation) => {
    if (!operation) return;
    const reply = await cloud.ask<Partial<ErrorJson> | undefined>(
      operation.method,
      real(operation.path),
      operation.method === "GET" ? undefined : "[]",
    );

    expect(reply.status).toBeLessThan(500);
    expect(reply.body?.error?.message).not.toBe("api route not found");
    expect(reply.status).not.toBe(405);
  });

  test.each(each(withBody))(
    "%s refuses a body that lacks what is required, or in which a field is of another kind, and names the field",
    async (_name, operation) => {
      if (!operation) return;
      const { method, path, fields, required } = operation;
      const wrong = async (body: object): Promise<string[]> => {
        const reply = await cloud.ask<Partial<ErrorJson>>(method, real(path), body);
        expect([reply.status, reply.body.error?.code]).toEqual([422, "invalid_input"]);
        return reply.body.error?.details?.fields.map(({ name }) => name) ?? [];
      };

      const needed = required.filter((name) => !NOT_REALLY_REQUIRED[nameOf(operation)]?.includes(name));
      if (needed.length > 0) expect(await wrong({})).toEqual(expect.arrayContaining(needed));
      for (const [name, schema] of Object.entries(fields)) {
        const named: unknown = BY_TYPE.includes(path) ? expect.anything() : expect.stringMatching(new RegExp(`^${name}(\\.|$)`));
        expect(await wrong({ [name]: anotherKind(schema) })).toContainEqual(named);
      }
    },
  );
});

/** Values that such fields have, and values that break what was not looked at closely. */
const anyValue = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    "fsn1",
    "10.0.0.0/24",
    "10.0.0.2",
    "ipv4",
    "tcp",
    "server",
    "cloud",
    "@",
    '"x"',
    "example.com",
    "constructor",
    "__proto__",
    "",
  ),
  fc.constantFrom(0, -1, 1, 80, 2 ** 53, Number.MAX_VALUE),
  fc.constantFrom([{ type: "server", server: { id: 1 } }], [{ value: "192.0.2.1" }], [{}], [[]], [null], { id: 1 }, { selector: "a in" }),
);

(openApiAtHand ? test : test.skip)("no body makes the emulator itself fail, whatever it says", async () => {
  const posts = withBody.filter(({ path }) => !path.endsWith("change_protection"));
  const request = fc.constantFrom(...posts).chain((operation) => {
    const fields = Object.fromEntries(Object.keys(operation.fields).map((name) => [name, anyValue]));
    return fc.tuple(fc.constant(operation), fc.record(fields, { requiredKeys: operation.required.filter((name) => name in fields) }));
  });
  await fc.assert(
    fc.asyncProperty(request, async ([{ method, path }, body]) => {
      expect((await cloud.ask(method, real(path), body)).status).toBeLessThan(500);
    }),
    { numRuns: 400 },
  );
});

/** A value that no field of this kind may have. */
const anotherKind = ({ type, allOf }: Schema): unknown =>
  type === "array" || type === "object" || allOf ? "neither" : { neither: "this" };

/** What the document asks for and the API does not: its own clients leave it out, and get the usual. */
const NOT_REALLY_REQUIRED: Record<string, string[]> = {
  "POST /load_balancers/{id}/actions/add_service": ["listen_port", "destination_port", "proxyprotocol", "health_check"],
};
/** Of a body of one type or another nothing can be said before its type is known. */
const BY_TYPE = ["/certificates", "/load_balancers/{id}/actions/add_target", "/load_balancers/{id}/actions/remove_target"];
