import fc from "fast-check";
import { InvalidConfig, parseConfig } from "../../config";
import { LOCATIONS } from "../../config/hetzner/locations";
import { stackSchema } from "../../config/schema";
import { KEY, OTHER_KEY, context, machine, problemsOf, withMachine } from "./support";

const parse = (raw: Record<string, unknown>) => parseConfig(raw, context).machines;
const only = (raw: Record<string, unknown>) => {
  const [first, ...others] = parse(raw);
  if (!first || others.length > 0) throw new Error("the configuration has not exactly one machine");
  return first;
};

test("the smallest configuration gets every default", () => {
  expect(only(withMachine({}))).toEqual({
    name: "devserver",
    serverType: "cx23",
    system: "x86_64-linux",
    location: "fsn1",
    image: "debian-13",
    host: "devserver",
    admin: { name: "admin", uid: 1000, sshKeys: [KEY] },
    volumes: [],
    storage: "none",
    strategy: "overlap",
    recreate: 0,
    reinstall: 0,
    ssh: { port: 2222 },
    ipv4: true,
    ipv6: true,
    firewall: { rules: expect.any(Array) as unknown },
    healthChecks: [],
    rootDisk: { fileSystem: "ext4", encrypted: false },
    labels: {},
  });
});

test("no machines are a right configuration, and need no ssh key", () => {
  expect(parse({ machines: {} })).toEqual([]);
});

test("a machine without a host of its own is made from minimal", () => {
  const [other] = parse({ machines: { other: machine, web: machine }, admin: { sshKeys: [KEY] } });

  expect(other?.host).toBe("minimal");
});

test("two machines may share a host", () => {
  const machines = parse({
    machines: { one: { ...machine, host: "web" }, two: { ...machine, host: "web" } },
    admin: { sshKeys: [KEY] },
  });

  expect(machines.map(({ host }) => host)).toEqual(["web", "web"]);
});

test.each([
  ["cx23", "x86_64-linux"],
  ["ccx13", "x86_64-linux"],
  ["cax11", "aarch64-linux"],
  ["cax99", "aarch64-linux"],
])("the architecture of %s is %s", (serverType, system) => {
  expect(only(withMachine({ serverType })).system).toBe(system);
});

test.each([
  ["a type newer than this program", { serverType: "cx24" }],
  ["a family newer than this program", { serverType: "cgx1", location: "sin" }],
  ["an old cpx overseas, where the API knows", { serverType: "cpx11", location: "ash" }],
])("%s is let through", (_, changes) => {
  expect(problemsOf(withMachine(changes))).toEqual([]);
});

test("a machine's admin overrides the stack's key by key", () => {
  const raw = withMachine({ admin: { name: "qwe", sshKeys: [OTHER_KEY] } }, { name: "boss", uid: 1234 });

  expect(only(raw).admin).toEqual({ name: "qwe", uid: 1234, sshKeys: [OTHER_KEY] });
});

test.each([
  ["none", {}, []],
  ["home+store", { home: { size: 10 } }, ["home"]],
  ["home+store", { data: { size: 10 }, home: { size: 10 } }, ["home"]],
  ["home", { home: { size: 10, store: false } }, []],
  ["home", { data: { size: 10 } }, []],
  ["separate", { home: { size: 10 }, nix: { size: 10 } }, ["nix"]],
  ["separate", { home: { size: 10 }, store: { size: 10, mountPoint: "/nix" } }, ["store"]],
  ["home+store", { people: { size: 10, mountPoint: "/home" } }, ["people"]],
  ["home+store", { home: { size: 10, mountPoint: "/srv" }, people: { size: 10, mountPoint: "/home", store: true } }, ["people"]],
])("the layout is %s for the volumes %j, and the store is on %j", (storage, volumes, stores) => {
  const resolved = only(withMachine({ volumes }));

  expect(resolved.storage).toBe(storage);
  expect(resolved.volumes.filter(({ store }) => store).map(({ name }) => name)).toEqual(stores);
});

test("a volume below another is allowed, as it is on any computer", () => {
  expect(problemsOf(withMachine({ volumes: { home: { size: 10 }, media: { size: 10, mountPoint: "/home/qwe/media" } } }))).toEqual([]);
});

test("the firewall lets ssh in before, during and after the install, whatever else is allowed", () => {
  const { firewall } = only(withMachine({ ssh: { port: 2022 }, firewall: { allow: [{ port: 443, from: ["192.0.2.0/24"] }] } }));

  expect(firewall && firewall.rules.map(({ protocol, port, from }) => [protocol, port, from.join(" ")])).toEqual([
    ["icmp", undefined, "0.0.0.0/0 ::/0"],
    ["tcp", "2022", "0.0.0.0/0 ::/0"],
    ["tcp", "22", "0.0.0.0/0 ::/0"],
    ["tcp", "443", "192.0.2.0/24"],
  ]);
});

test("no firewall is no firewall", () => {
  expect(only(withMachine({ firewall: false })).firewall).toBe(false);
});

// --- laws ---

/** Keys of the schema among others, so that values get deep into it. */
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.constantFrom<unknown>(
      null,
      true,
      false,
      0,
      10,
      2222,
      -1,
      1.5,
      "",
      "cx23",
      "cx22",
      "fsn1",
      "debian-13",
      "/home",
      "/nix",
      "home",
      KEY,
      "443",
    ),
    fc.jsonValue({ maxDepth: 1 }),
    fc.array(tie("value"), { maxLength: 3 }),
    tie("object"),
  ),
  object: fc.dictionary(
    fc.constantFrom(
      ..."machines admin devserver a-b serverType location image host volumes home data nix size mountPoint store strategy recreate ssh port".split(
        " ",
      ),
      ..."ipv4 ipv6 firewall allow protocol from rootDisk fileSystem encrypted passphrase labels name uid sshKeys secure __proto__ constructor length".split(
        " ",
      ),
    ),
    tie("value"),
    { maxKeys: 6, noNullPrototype: true },
  ),
}));

const nearlyRight = fc
  .record({ admin: anything.value, machine: anything.object })
  .map(({ admin, machine: changes }) => withMachine(changes as object, admin ?? { sshKeys: [KEY] }));

test("whatever is written, the answer is a configuration or a report, and a report has a problem", () => {
  fc.assert(
    fc.property(fc.oneof(anything.object, nearlyRight), (raw) => {
      try {
        parse(raw);
      } catch (error) {
        if (!(error instanceof InvalidConfig)) throw error;
        expect(error.problems.length).toBeGreaterThan(0);
      }
    }),
    { numRuns: 2000 },
  );
});

test("JSON of any depth is refused in words", () => {
  const deep: unknown = JSON.parse(`${"[".repeat(5000)}${"]".repeat(5000)}`);

  expect(problemsOf({ machines: { devserver: { ...machine, labels: deep } }, admin: { sshKeys: [KEY] } })).toHaveLength(1);
});

const name = fc.stringMatching(/^[a-z][a-z0-9]{0,12}$/).filter((text) => !["localhost", "root", "sys", "tmp", "nix"].includes(text));
const rightVolumes = fc.dictionary(name, fc.record({ size: fc.integer({ min: 10, max: 10240 }) }), { maxKeys: 5, noNullPrototype: true });
const rightMachine = fc.record(
  {
    serverType: fc.constantFrom("cx23", "cpx22", "cax11", "ccx13", "cx99"),
    location: fc.constantFrom(...LOCATIONS.slice(0, 3)),
    image: fc.constantFrom("debian-12", "debian-13", "ubuntu-24.04"),
    volumes: rightVolumes.map((volumes) => Object.fromEntries(Object.entries(volumes).map(([key, value]) => [`v-${key}`, value]))),
    strategy: fc.constantFrom("overlap", "delete-first"),
    recreate: fc.nat(),
    ssh: fc.record({ port: fc.integer({ min: 1, max: 65535 }) }),
    ipv6: fc.boolean(),
    firewall: fc.oneof(
      fc.constant(false),
      fc.record({ allow: fc.array(fc.record({ port: fc.integer({ min: 1, max: 65535 }) }), { maxLength: 47 }) }),
    ),
    rootDisk: fc.record({ fileSystem: fc.constantFrom("ext4", "zfs") }),
    labels: fc.dictionary(name, name, { maxKeys: 3, noNullPrototype: true }),
  },
  { requiredKeys: ["serverType", "location"], noNullPrototype: true },
);
const rightStack = fc.record({
  machines: fc.dictionary(name, rightMachine, { maxKeys: 4, noNullPrototype: true }),
  admin: fc.record(
    { name: fc.constantFrom("qwe", "admin"), sshKeys: fc.constant([KEY]) },
    { requiredKeys: ["sshKeys"], noNullPrototype: true },
  ),
});

test("a right configuration means the same when its defaults are written out", () => {
  fc.assert(
    fc.property(rightStack, (raw) => {
      const short = parse(raw);
      const resolved = stackSchema.parse(raw);
      const long = {
        admin: { name: "admin", uid: 1000, ...resolved.admin },
        machines: Object.fromEntries(
          Object.entries(resolved.machines).map(([key, written], index) => [
            key,
            {
              ...written,
              host: short[index]?.host,
              admin: short[index]?.admin,
              volumes: Object.fromEntries((short[index]?.volumes ?? []).map(({ name: volume, ...rest }) => [volume, rest])),
            },
          ]),
        ),
      };

      expect(parse(long)).toEqual(short);
    }),
  );
});

test("reading a configuration leaves it as it was", () => {
  const raw = withMachine({ volumes: { home: { size: 10 } } });
  const before = structuredClone(raw);

  parse(raw);

  expect(raw).toEqual(before);
});
