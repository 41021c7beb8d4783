import fc from "fast-check";
import { parseZoneFile, writeZoneFile } from "../../src/model/dns/zonefile";
import { NAMESERVERS } from "../../src/model/dns/zone";
import type { Rrset, RrsetType, Zone } from "../../src/model/zoneRecords";

const label = fc.stringMatching(/^[a-z0-9_]([a-z0-9_-]{0,10}[a-z0-9])?$/);
const name = fc.oneof(
  fc.constant("@"),
  label,
  fc.tuple(label, label).map((parts) => parts.join(".")),
  label.map((of) => `*.${of}`),
);
const host = fc.oneof(
  label,
  fc.tuple(label, label).map((parts) => `${parts.join(".")}.`),
);
const text = fc.stringMatching(/^[a-zA-Z0-9 ;()=@$.-]{0,40}$/).map((words) => `"${words}"`);
const short = fc.nat(65_535).map(String);

const VALUES: Partial<Record<RrsetType, fc.Arbitrary<string>>> = {
  A: fc.ipV4(),
  MX: fc.tuple(short, host).map((words) => words.join(" ")),
  SRV: fc.tuple(short, short, short, host).map((words) => words.join(" ")),
  TXT: fc.array(text, { minLength: 1, maxLength: 3 }).map((words) => words.join(" ")),
  CAA: text.map((value) => `0 issue ${value}`),
};

const set = (type: RrsetType, values: fc.Arbitrary<string>): fc.Arbitrary<Rrset> =>
  fc.record({
    name,
    type: fc.constant(type),
    ttl: fc.option(fc.integer({ min: 60, max: 2_147_483_647 })),
    labels: fc.constant({}),
    created: fc.constant("2026-11-21T00:00:00Z"),
    protection: fc.constant({ change: false }),
    records: fc.uniqueArray(fc.record({ value: values }), { minLength: 1, maxLength: 4, selector: ({ value }) => value }),
  });

const whole = (type: RrsetType, values: string[]): Rrset => ({
  ...{ name: "@", type, ttl: null, labels: {}, created: "2026-11-21T00:00:00Z", protection: { change: false } },
  records: values.map((value) => ({ value })),
});

const zone = fc
  .uniqueArray(fc.oneof(...Object.entries(VALUES).map(([type, values]) => set(type as RrsetType, values))), {
    maxLength: 8,
    selector: ({ name: of, type }) => `${of}/${type}`,
  })
  .map((rrsets): Zone => ({
    ...{ id: 1, name: "example.com", labels: {}, created: "2026-11-21T00:00:00Z", mode: "primary", ttl: 3600 },
    protection: { delete: false },
    primaryNameservers: [],
    rrsets: [
      whole("SOA", ["hydrogen.ns.hetzner.com. dns.hetzner.com. 2026112100 86400 10800 3600000 3600"]),
      whole("NS", NAMESERVERS),
      ...rrsets,
    ],
  }));

test("whatever is in a zone: written to a file and read again it is the same", () => {
  fc.assert(
    fc.property(zone, (given) => {
      const { ttl, rrsets } = parseZoneFile(writeZoneFile(given), given.name);

      expect(ttl).toBe(given.ttl);
      expect(rrsets).toEqual(given.rrsets.map(({ name: of, type, ttl: time, records }) => ({ name: of, type, ttl: time, records })));
    }),
  );
});

test("whatever a file says, it is read or refused in words that name the field", () => {
  const words = fc.constantFrom(
    "@",
    "www",
    "IN",
    "A",
    "TXT",
    "SOA",
    "NS",
    "192.0.2.1",
    '"x"',
    "(",
    ")",
    '"',
    ";",
    "\n",
    " ",
    "$TTL",
    "60",
    "$ORIGIN",
  );
  fc.assert(
    fc.property(fc.array(words, { maxLength: 30 }), (parts) => {
      try {
        parseZoneFile(parts.join(" "), "example.com");
      } catch (error) {
        expect(error).toMatchObject({ code: "invalid_input", details: { fields: [{ name: "zonefile" }] } });
      }
    }),
    { numRuns: 500 },
  );
});
