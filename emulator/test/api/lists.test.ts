import fc from "fast-check";
import { Cloud, type Reply } from "./support/cloud";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await Cloud.start();
  // Seven servers and sixty keys: more than a page at any size that is allowed.
  for (const [name, labels] of Object.entries(LABELS)) await cloud.newServer(name, { labels, start_after_create: false });
  for (let n = 0; n < 60; n++) {
    await cloud.do("POST", "/firewalls", { name: `fw-${String((n * 37) % 60).padStart(2, "0")}`, labels: { n: String(n % 3) } });
  }
});
afterAll(() => cloud.stop());

const LABELS: Record<string, Record<string, string>> = {
  plain: {},
  web: { role: "web", env: "production" },
  web2: { role: "web", env: "testing" },
  db: { role: "db", env: "production", "example.com/backup": "" },
  mail: { role: "mail" },
  proto: { env: "" },
  odd: { constructor: "yes" },
};

interface Page {
  firewalls: { id: number; name: string; created: string }[];
  meta: { pagination: Record<"page" | "per_page" | "previous_page" | "next_page" | "last_page" | "total_entries", number | null> };
}

const selected = async (selector: string): Promise<string[]> =>
  (await cloud.do<{ servers: { name: string }[] }>("GET", `/servers?label_selector=${encodeURIComponent(selector)}&sort=name`)).servers.map(
    ({ name }) => name,
  );

test.each([
  ["role", ["db", "mail", "web", "web2"]],
  ["!role", ["odd", "plain", "proto"]],
  ["role=web", ["web", "web2"]],
  ["role==web,env!=testing", ["web"]],
  ["env=", ["proto"]],
  ["env!=production", ["mail", "odd", "plain", "proto", "web2"]],
  ["role in (db,mail)", ["db", "mail"]],
  ["role in ( db , mail ) , env", ["db"]],
  ["env notin (production,testing)", ["mail", "odd", "plain", "proto"]],
  ["example.com/backup", ["db"]],
  ["constructor", ["odd"]],
  ["toString", []],
  ["", ["db", "mail", "odd", "plain", "proto", "web", "web2"]],
])("the selector %j finds %j", async (selector, names) => {
  expect(await selected(selector)).toEqual(names);
});

test.each(["role in web", "=web", "a b", "role=(x)", "!", "role in (a", "a,,b", "-a", "role=a=b"])(
  "the selector %j is refused",
  async (selector) => {
    expect(await cloud.wrongFields("GET", `/servers?label_selector=${encodeURIComponent(selector)}`)).toEqual(["label_selector"]);
  },
);

test("any page size shows each item once, in order, and the last page ends it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 7, max: 60 }), fc.constantFrom("id", "id:desc", "name:asc", "name:desc"), async (perPage, sort) => {
      const seen: Page["firewalls"] = [];
      let pages = 0;
      for (let page: number | null = 1; page !== null;) {
        const reply: Page = await cloud.do<Page>("GET", `/firewalls?per_page=${perPage}&page=${page}&sort=${sort}`);
        const { pagination } = reply.meta;
        expect(reply.firewalls.length).toBeLessThanOrEqual(Math.min(perPage, 50));
        expect(pagination).toMatchObject({ page, total_entries: 60, previous_page: page === 1 ? null : page - 1 });
        seen.push(...reply.firewalls);
        page = pagination.next_page;
        pages++;
        expect(pagination.last_page).toBeGreaterThanOrEqual(pages);
      }
      const key = ({ id, name }: Page["firewalls"][0]): string => (sort.startsWith("id") ? String(id) : name);
      const ascending = [...seen].sort((a, b) => (key(a) < key(b) ? -1 : 1));
      expect(new Set(seen.map(({ id }) => id)).size).toBe(60);
      expect(seen.map(key)).toEqual((sort.endsWith("desc") ? ascending.reverse() : ascending).map(key));
    }),
    { numRuns: 12 },
  );
});

test("the Link header leads from the first page to the last with the rest of the query", async () => {
  let next: string | undefined = "/firewalls?per_page=8&label_selector=n%3D1&sort=name&page=1";
  let pages = 0;
  const names: string[] = [];
  while (next !== undefined) {
    const { headers, body }: Reply<Page> = await cloud.ask<Page>("GET", next);
    names.push(...body.firewalls.map(({ name }) => name));
    const link: string | undefined = /<([^>]+)>; rel="next"/.exec(headers.get("link") ?? "")?.[1];
    next = link?.slice(cloud.emulator.url.length);
    pages++;
  }

  expect(pages).toBe(3);
  expect(new Set(names).size).toBe(20);
});

test("a page beyond the last is empty, and no page at all is refused", async () => {
  expect((await cloud.do<Page>("GET", "/firewalls?page=99")).firewalls).toEqual([]);
  for (const query of ["page=0", "page=x", "per_page=0", "per_page=-1"]) {
    expect(await cloud.refusal("GET", `/firewalls?${query}`)).toBe("422 invalid_input");
  }
  expect(await cloud.wrongFields("GET", "/firewalls?sort=rules")).toEqual(["sort"]);
  // Not sorted by anything, and the `hcloud` command line asks for it.
  expect(await cloud.refusal("GET", "/server_types?sort=id:asc")).toBe("200");
});

test("looking a number up as a name gives an empty list, as clients expect who try both", async () => {
  expect((await cloud.ask("GET", "/servers?name=4711")).body).toMatchObject({ servers: [] });
});
