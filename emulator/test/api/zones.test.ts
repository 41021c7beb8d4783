// DNS zones, their record sets, and zone files.
import { type ActionJson, Cloud, type ErrorJson } from "./support/cloud";

interface ZoneJson {
  id: number;
  name: string;
  ttl: number;
  record_count: number;
  primary_nameservers: { address: string; port: number }[];
}
interface RrsetJson {
  id: string;
  ttl: number | null;
  records: { value: string; comment?: string }[];
}
type MadeZone = { zone: ZoneJson; action: ActionJson };
type MadeRrset = { rrset: RrsetJson; action: ActionJson };

let cloud: Cloud;
beforeEach(async () => {
  cloud = await Cloud.start();
});
afterEach(() => cloud.stop());

const newZone = async (more: object = {}): Promise<ZoneJson> =>
  (await cloud.done<MadeZone>("POST", "/zones", { name: "example.com", mode: "primary", ...more })).zone;
const rrset = async (id: string): Promise<RrsetJson> =>
  (await cloud.do<MadeRrset>("GET", `/zones/example.com/rrsets/${encodeURIComponent(id).replace("%2F", "/")}`)).rrset;
const sets = async (): Promise<RrsetJson[]> => (await cloud.do<{ rrsets: RrsetJson[] }>("GET", "/zones/example.com/rrsets")).rrsets;
const values = async (id: string): Promise<string[]> => (await rrset(id)).records.map(({ value }) => value);
const serial = async (): Promise<number> => Number((await values("@/SOA"))[0]?.split(" ")[2]);
const set = (name: string, type: string, ...given: string[]): object => ({ name, type, records: given.map((value) => ({ value })) });

test("a zone begins with its SOA and name servers, and is found by number and by name", async () => {
  const zone = await newZone({ labels: { a: "b" } });

  expect(zone).toMatchObject({ name: "example.com", ttl: 3600, record_count: 4, primary_nameservers: [] });
  expect((await sets()).map(({ id }) => id)).toEqual(["@/SOA", "@/NS"]);
  for (const path of [`/zones/${zone.id}`, "/zones/example.com"])
    expect(await cloud.do("GET", path)).toMatchObject({ zone: { id: zone.id } });
  expect(await cloud.do("GET", "/zones?name=example.com&mode=primary&label_selector=a")).toMatchObject({ zones: [{ id: zone.id }] });
  expect(await cloud.do("PUT", "/zones/example.com", { labels: {} })).toMatchObject({ zone: { labels: {} } });
  expect(await cloud.refusal("GET", "/zones/example.org")).toBe("404 not_found");
});

test.each([
  ["Example.com", "in upper case"],
  ["example.com.", "with a dot at its end"],
  ["www.example.com", "of a subdomain"],
  ["co.uk", "of a public suffix"],
  ["example", "without a suffix"],
  ["exa mple.com", "with a blank"],
])("a zone called '%s' (%s) is refused", async (name) => {
  expect(await cloud.wrongFields("POST", "/zones", { name, mode: "primary" })).toEqual(["name"]);
});

test("a zone's name is taken for everybody until the zone is gone, and protection keeps it", async () => {
  const zone = await newZone();
  expect(await cloud.refusal("POST", "/zones", { name: "example.com", mode: "primary" })).toBe("409 uniqueness_error");
  await cloud.act("/zones/example.com", "change_protection", { delete: true });
  expect(await cloud.refusal("DELETE", "/zones/example.com")).toBe("423 protected");
  await cloud.act("/zones/example.com", "change_protection", { delete: false });

  await cloud.done("DELETE", `/zones/${zone.id}`);

  expect(await cloud.refusal("GET", `/zones/${zone.id}`)).toBe("404 not_found");
  await newZone();
});

test("a set is made, its records are added, removed, overwritten and commented, and the zone counts up each time", async () => {
  await newZone();
  const serials = [await serial()];
  const step = async (act: Promise<unknown>): Promise<void> => {
    await act;
    serials.push(await serial());
  };
  const web = (action: string, body: object): Promise<unknown> => cloud.act("/zones/example.com/rrsets/www/A", action, body);

  await step(cloud.done("POST", "/zones/example.com/rrsets", { ...set("www", "A", "192.0.2.1"), ttl: 60, labels: { a: "b" } }));
  expect(await rrset("www/A")).toMatchObject({ id: "www/A", ttl: 60, labels: { a: "b" }, protection: { change: false } });
  await step(web("add_records", { records: [{ value: "192.0.2.2", comment: "second" }], ttl: 60 }));
  expect(await values("www/A")).toEqual(["192.0.2.1", "192.0.2.2"]);
  await step(web("remove_records", { records: [{ value: "192.0.2.1" }] }));
  expect((await rrset("www/A")).records).toEqual([{ value: "192.0.2.2", comment: "second" }]);
  await step(web("update_records", { records: [{ value: "192.0.2.2", comment: "only" }] }));
  expect((await rrset("www/A")).records).toEqual([{ value: "192.0.2.2", comment: "only" }]);
  await step(web("set_records", { records: [{ value: "192.0.2.3" }] }));
  expect(await values("www/A")).toEqual(["192.0.2.3"]);
  await step(web("change_ttl", { ttl: null }));
  expect((await rrset("www/A")).ttl).toBeNull();
  expect(serials).toEqual([...serials].sort((a, b) => a - b));
  expect(new Set(serials).size).toBe(serials.length);
});

test("the first records added make a set, and the last ones removed take it away", async () => {
  await newZone();
  const path = "/zones/example.com/rrsets/%40/TXT";

  await cloud.act(path, "add_records", { records: [{ value: '"hello" "world"' }], ttl: 120 });
  expect(await rrset("@/TXT")).toMatchObject({ ttl: 120, records: [{ value: '"hello" "world"' }] });

  await cloud.act(path, "remove_records", { records: [{ value: '"hello" "world"' }] });
  expect(await cloud.refusal("GET", path)).toBe("404 not_found");
});

test("what a client asks for at once, while the zone is still being created, is done", async () => {
  const { action } = await cloud.do<MadeZone>("POST", "/zones", { name: "example.com", mode: "primary" });
  const ask = async (path: string, body: object): Promise<ActionJson> =>
    (await cloud.do<{ action: ActionJson }>("POST", path, body)).action;
  const others = [
    await ask("/zones/example.com/actions/change_protection", { delete: true }),
    await ask("/zones/example.com/rrsets", set("www", "A", "192.0.2.1")),
    await ask("/zones/example.com/rrsets/www/A/actions/change_ttl", { ttl: 60 }),
    await ask("/zones/example.com/rrsets/www/A/actions/set_records", { records: [{ value: "192.0.2.2" }] }),
  ];

  expect((await cloud.ended(action, ...others)).map(({ status }) => status)).toEqual(Array(5).fill("success"));
  expect(await rrset("www/A")).toMatchObject({ ttl: 60, records: [{ value: "192.0.2.2" }] });
});

test.each([
  ["A", "300.0.0.1"],
  ["AAAA", "192.0.2.1"],
  ["CAA", "0 issue letsencrypt.org"],
  ["CNAME", "two words"],
  ["DS", "1 2 3 xyz"],
  ["HINFO", "cpu os"],
  ["HTTPS", "1"],
  ["MX", "mail.example.com."],
  ["MX", "70000 mail"],
  ["SRV", "1 2 mail"],
  ["TLSA", "3 1 1"],
  ["TXT", "not quoted"],
])("a record of type %s that says '%s' is refused, and the field is named", async (type, value) => {
  await newZone();
  expect(await cloud.wrongFields("POST", "/zones/example.com/rrsets", set("x", type, value))).toEqual(["records.0.value"]);
});

test.each([
  ["AAAA", "2001:db8::1"],
  ["CAA", '0 issue "letsencrypt.org; validationmethods=dns-01"'],
  ["CNAME", "www.example.org."],
  ["DS", "2371 13 2 1F987CC6583E92DF0890718C42"],
  ["HINFO", '"cpu" "os"'],
  ["HTTPS", '1 . alpn="h2,h3" port=8443'],
  ["MX", "10 mail"],
  ["NS", "ns.example.org."],
  ["RP", "admin.example.com. ."],
  ["SRV", "0 5 5060 sip.example.com."],
  ["SVCB", "0 svc.example.com."],
  ["TLSA", "3 1 1 ab12"],
  ["TXT", '"v=spf1 -all"'],
])("a record of type %s that says %s is taken", async (type, value) => {
  await newZone();
  await cloud.done("POST", "/zones/example.com/rrsets", set("_x.y", type, value));
  expect(await values(`_x.y/${type}`)).toEqual([value]);
});

test.each([
  ["a name in upper case", set("WWW", "A", "192.0.2.1"), ["name"]],
  ["a name that repeats the zone", set("www.example.com", "A", "192.0.2.1"), ["name"]],
  ["no records", set("www", "A"), ["records"]],
  ["the same record twice", set("www", "A", "192.0.2.1", "192.0.2.1"), ["records"]],
  ["two aliases under one name", set("www", "CNAME", "a", "b"), ["records"]],
  ["an alias for the zone itself", set("@", "CNAME", "a"), ["type"]],
  ["a type that is none", set("www", "SPF", '"x"'), ["type"]],
  ["too short a time", { ...set("www", "A", "192.0.2.1"), ttl: 59 }, ["ttl"]],
])("a set with %s is refused", async (_what, body, fields) => {
  await newZone();
  expect(await cloud.wrongFields("POST", "/zones/example.com/rrsets", body)).toEqual(fields);
});

test("an alias is alone under its name, a set is there once, and what is not there cannot be removed", async () => {
  await newZone();
  await cloud.done("POST", "/zones/example.com/rrsets", set("www", "CNAME", "@"));
  await cloud.done("POST", "/zones/example.com/rrsets", set("mail", "A", "192.0.2.1"));

  expect(await cloud.wrongFields("POST", "/zones/example.com/rrsets", set("www", "A", "192.0.2.1"))).toEqual(["type"]);
  expect(await cloud.refusal("POST", "/zones/example.com/rrsets", set("mail", "A", "192.0.2.2"))).toBe("409 uniqueness_error");
  const remove = { records: [{ value: "192.0.2.9" }] };
  const path = "/zones/example.com/rrsets/mail/A";
  expect(await cloud.wrongFields("POST", `${path}/actions/remove_records`, remove)).toEqual(["records.0.value"]);
  expect(await cloud.wrongFields("POST", `${path}/actions/update_records`, { records: [{ value: "192.0.2.9", comment: "" }] })).toEqual([
    "records.0.value",
  ]);
  expect(await cloud.wrongFields("DELETE", "/zones/example.com/rrsets/%40/SOA")).toEqual(["rr_type"]);
});

test("a set that is protected from change stays as it is, also when a file is imported", async () => {
  await newZone();
  await cloud.done("POST", "/zones/example.com/rrsets", set("www", "A", "192.0.2.1"));
  const path = "/zones/example.com/rrsets/www/A";
  const { zonefile } = await cloud.do<{ zonefile: string }>("GET", "/zones/example.com/zonefile");
  await cloud.act(path, "change_protection", { change: true });

  const change = { records: [{ value: "192.0.2.2" }] };
  for (const action of ["set_records", "add_records", "remove_records"]) {
    expect(await cloud.refusal("POST", `${path}/actions/${action}`, change)).toBe("423 protected");
  }
  expect(await cloud.refusal("POST", `${path}/actions/change_ttl`, { ttl: 60 })).toBe("423 protected");
  expect(await cloud.refusal("DELETE", path)).toBe("423 protected");
  expect(await cloud.refusal("POST", "/zones/example.com/actions/import_zonefile", { zonefile })).toBe("423 protected");

  await cloud.act(path, "change_protection", { change: false });
  await cloud.done("DELETE", path);
  expect(await cloud.refusal("GET", path)).toBe("404 not_found");
});

test("a secondary zone is fetched from elsewhere: its name servers change, its records are not managed here", async () => {
  expect(await cloud.wrongFields("POST", "/zones", { name: "example.com", mode: "secondary" })).toEqual(["primary_nameservers"]);
  const secondary = { mode: "secondary", primary_nameservers: [{ address: "192.0.2.1" }, { address: "2001:db8::1", port: 5353 }] };
  const zone = await newZone(secondary);
  expect(zone).toMatchObject({ record_count: 0, primary_nameservers: [{ address: "192.0.2.1", port: 53 }, { port: 5353 }] });

  const other = { primary_nameservers: [{ address: "192.0.2.2", tsig_key: "c2VjcmV0", tsig_algorithm: "hmac-sha256" }] };
  await cloud.act("/zones/example.com", "change_primary_nameservers", other);

  expect(await cloud.do("GET", "/zones/example.com")).toMatchObject({ zone: other });
  for (const [method, path, body] of [
    ["GET", "rrsets", undefined],
    ["GET", "zonefile", undefined],
    ["POST", "rrsets", set("www", "A", "192.0.2.1")],
    ["POST", "actions/change_ttl", { ttl: 60 }],
    ["POST", "actions/import_zonefile", { zonefile: "x" }],
  ] as const) {
    expect(await cloud.refusal(method, `/zones/example.com/${path}`, body)).toBe("422 incorrect_zone_mode");
  }
  await cloud.done("DELETE", "/zones/example.com");
  await newZone();
  expect(await cloud.refusal("POST", "/zones/example.com/actions/change_primary_nameservers", other)).toBe("422 incorrect_zone_mode");
});

const FILE = `
$ORIGIN example.com.
$TTL 2h ; the usual
@ IN SOA hydrogen.ns.hetzner.com. dns.hetzner.com. (
    2024010100 ; serial
    86400 10800 3600000 3600 )
  10800 IN NS hydrogen.ns.hetzner.com. ; some comment
  10800 NS oxygen.ns.hetzner.com.
  IN 10800 NS helium.ns.hetzner.de.
www A 192.0.2.1
    A 192.0.2.2
mail.example.com. 1h IN MX 10 smtp
@ TXT "semicolons; and (parentheses)" "stay"
`;

describe("zone files", () => {
  test("are imported in place of everything, comments, brackets, repeated names and all", async () => {
    await newZone({ rrsets: [set("old", "A", "192.0.2.9")] });
    const before = await serial();

    await cloud.act("/zones/example.com", "import_zonefile", { zonefile: FILE });

    expect((await cloud.do<MadeZone>("GET", "/zones/example.com")).zone).toMatchObject({ ttl: 7200, record_count: 8 });
    expect((await sets()).map(({ id, ttl }) => [id, ttl])).toEqual([
      ["@/SOA", null],
      ["@/NS", 10800],
      ["www/A", null],
      ["mail/MX", 3600],
      ["@/TXT", null],
    ]);
    expect(await values("www/A")).toEqual(["192.0.2.1", "192.0.2.2"]);
    expect(await values("@/TXT")).toEqual(['"semicolons; and (parentheses)" "stay"']);
    expect(await serial()).toBeGreaterThan(before);
  });

  test("can make a zone, and what is exported can be imported again", async () => {
    await newZone({ zonefile: FILE });
    const before = (await sets()).filter(({ id }) => id !== "@/SOA");
    const { zonefile } = await cloud.do<{ zonefile: string }>("GET", "/zones/example.com/zonefile");

    await cloud.act("/zones/example.com", "import_zonefile", { zonefile });

    expect((await sets()).filter(({ id }) => id !== "@/SOA")).toEqual(before);
    expect(
      await cloud.wrongFields("POST", "/zones", { name: "example.org", mode: "primary", zonefile: "x", rrsets: [set("a", "TXT", '"x"')] }),
    ).toEqual(["rrsets"]);
  });

  test.each([
    ["another origin", FILE.replace("$ORIGIN example.com.", "$ORIGIN example.org."), /line 2: \$ORIGIN must be example.com./],
    ["no SOA", FILE.replace(/@ IN SOA[^)]*\)/, "@"), /line/],
    ["a name server missing", FILE.replace("10800 NS oxygen", "10800 NS other"), /oxygen.ns.hetzner.com. must be there/],
    ["another class", FILE.replace("www A", "www CH A"), /line 10: only records of class IN/],
    ["a value that is none", FILE.replace("192.0.2.2", "192.0.2"), /line 11: '192.0.2' is not an IPv4 address/],
    ["a quote that does not end", FILE.replace('"stay"', '"stay'), /line 13: a quote/],
    ["a bracket that does not end", FILE.replace("3600 )", "3600"), /parenthesis|line/],
    ["an unknown directive", FILE.replace("$TTL 2h", "$INCLUDE x"), /\$INCLUDE/],
    ["a record twice", FILE.replace("192.0.2.2", "192.0.2.1"), /line 11: .* twice/],
  ])("with %s are refused in words, and nothing changes", async (_what, zonefile, words) => {
    await newZone();
    const before = await sets();

    const reply = await cloud.ask<ErrorJson>("POST", "/zones/example.com/actions/import_zonefile", { zonefile });

    expect(reply.body.error.details?.fields).toEqual([{ name: "zonefile", messages: [expect.stringMatching(words)] }]);
    expect(await sets()).toEqual(before);
  });
});
