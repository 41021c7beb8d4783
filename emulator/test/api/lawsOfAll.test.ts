// Whatever customers ask for, of whichever resource: what one resource says of another, the other says too; lists are whole; what is gone is gone.
import fc from "fast-check";
import { startEmulator } from "../../src";
import { type ActionJson, Cloud } from "./support/cloud";
import { everything, type Everything, KINDS, ORDERS, type ResourceJson, SORTED_BY_NAME, whole } from "./support/kinds";

type Wish =
  | { do: "make"; kind: string; labels: Record<string, string> }
  | { do: "delete" | "relabel"; kind: string; which: number; labels: Record<string, string> }
  | { do: "join"; what: string; which: number; other: number };

/** What brings two resources together, or parts them: paths with the one's and bodies with the other's number. */
const JOINTS: Record<string, [kind: string, other: string, action: string, body: (other: number, own: number) => object]> = {
  attachVolume: ["volumes", "servers", "attach", (server) => ({ server })],
  detachVolume: ["volumes", "servers", "detach", () => ({})],
  assignFloatingIp: ["floating_ips", "servers", "assign", (server) => ({ server })],
  assignPrimaryIp: ["primary_ips", "servers", "assign", (server) => ({ assignee_id: server, assignee_type: "server" })],
  unassignPrimaryIp: ["primary_ips", "servers", "unassign", () => ({})],
  applyFirewall: ["firewalls", "servers", "apply_to_resources", (id) => ({ apply_to: [{ type: "server", server: { id } }] })],
  removeFirewall: ["firewalls", "servers", "remove_from_resources", (id) => ({ remove_from: [{ type: "server", server: { id } }] })],
  joinNetwork: ["servers", "networks", "attach_to_network", (network) => ({ network })],
  leaveNetwork: ["servers", "networks", "detach_from_network", (network) => ({ network })],
  joinGroup: ["servers", "placement_groups", "add_to_placement_group", (group) => ({ placement_group: group })],
  leaveGroup: ["servers", "placement_groups", "remove_from_placement_group", () => ({})],
  balanceNetwork: ["load_balancers", "networks", "attach_to_network", (network) => ({ network })],
  balanceServer: ["load_balancers", "servers", "add_target", (id) => ({ type: "server", server: { id } })],
  balanceLabels: ["load_balancers", "servers", "add_target", () => ({ type: "label_selector", label_selector: { selector: "a=1" } })],
  unbalanceServer: ["load_balancers", "servers", "remove_target", (id) => ({ type: "server", server: { id } })],
  useCertificate: [
    "load_balancers",
    "certificates",
    "add_service",
    (id) => ({ protocol: "https", listen_port: 1 + (id % 60_000), http: { certificates: [id] } }),
  ],
  addRecord: ["zones", "servers", "rrsets", () => ({})],
};

const someLabels = fc.dictionary(fc.constantFrom("a", "b"), fc.constantFrom("1", "2"), { maxKeys: 2 });
const kind = fc.constantFrom(...KINDS);
const pick = fc.nat(2);
const wish: fc.Arbitrary<Wish> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("make" as const), kind, labels: someLabels }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("delete", "relabel"), kind, which: pick, labels: someLabels }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant("join" as const), what: fc.constantFrom(...Object.keys(JOINTS)), which: pick, other: pick }),
  },
);

/** One that is there, or a number that nobody has. */
const choose = (items: ResourceJson[] = [], which: number): number => items[which % Math.max(1, items.length)]?.id ?? 4711;

let count = 0;

/** @returns the actions that it began */
async function grant(cloud: Cloud, asked: Wish, now: Everything): Promise<ActionJson[]> {
  const ask = async (method: string, path: string, body?: object): Promise<ActionJson[]> => {
    type Reply = { action?: ActionJson | null; next_actions?: ActionJson[]; actions?: ActionJson[] } | undefined;
    const { status, body: reply } = await cloud.ask<Reply>(method, path, body);
    expect(status).toBeLessThan(500);
    return [...(reply?.action ? [reply.action] : []), ...(reply?.next_actions ?? []), ...(reply?.actions ?? [])];
  };
  if (asked.do === "make") {
    const name = asked.kind === "zones" ? `n${++count}.com` : `n${++count}`;
    return ask("POST", `/${asked.kind}`, { ...ORDERS[asked.kind], name, labels: asked.labels });
  }
  if (asked.do === "join") {
    const [of, other, action, body] = JOINTS[asked.what] ?? ["", "", "", () => ({})];
    const [own, others] = [choose(now[of], asked.which), choose(now[other], asked.other)];
    if (action === "rrsets") return ask("POST", `/zones/${own}/rrsets`, { name: `r${++count}`, type: "TXT", records: [{ value: '"x"' }] });
    return ask("POST", `/${of}/${own}/actions/${action}`, body(others, own));
  }
  const path = `/${asked.kind}/${choose(now[asked.kind], asked.which)}`;
  return asked.do === "delete" ? ask("DELETE", path) : ask("PUT", path, { labels: asked.labels });
}

type Pairs = Set<string>;
const pairs = (from: ResourceJson[], to: (each: ResourceJson) => (number | null | undefined)[], turned = false): Pairs =>
  new Set(
    from.flatMap((each) =>
      to(each).flatMap((other) => (typeof other === "number" ? [turned ? `${other} ${each.id}` : `${each.id} ${other}`] : [])),
    ),
  );
/* eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- what an answer holds is only known where it is read */
const field = <T>(of: unknown, ...path: string[]): T =>
  path.reduce<unknown>((value, key) => (value as Record<string, unknown> | null | undefined)?.[key], of) as T;

interface TargetJson {
  type: string;
  server?: { id: number };
  targets?: { server: { id: number } }[];
}

/** Whoever is said to have somebody is said to be had by them. */
function requireMutual(now: Everything): void {
  const of = (each: string): ResourceJson[] => now[each] ?? [];
  const servers = of("servers");
  const balancers = of("load_balancers");
  const volumesOfServers = servers.flatMap((each) => each["volumes"] as number[]);
  expect(new Set(volumesOfServers).size).toBe(volumesOfServers.length);
  const both: [string, Pairs, Pairs][] = [
    ["volumes", pairs(servers, (each) => each["volumes"] as number[]), pairs(of("volumes"), (each) => [field(each, "server")], true)],
    [
      "floating IPs",
      pairs(servers, (each) => field(each, "public_net", "floating_ips")),
      pairs(of("floating_ips"), (each) => [field(each, "server")], true),
    ],
    [
      "primary IPs",
      pairs(servers, (each) => ["ipv4", "ipv6"].map((type) => field<number>(each, "public_net", type, "id"))),
      pairs(of("primary_ips"), (each) => [field(each, "assignee_id")], true),
    ],
    [
      "firewalls",
      pairs(servers, (each) => field<{ id: number }[]>(each, "public_net", "firewalls").map(({ id }) => id)),
      pairs(of("firewalls"), (each) => field<{ server?: { id: number } }[]>(each, "applied_to").map(({ server }) => server?.id), true),
    ],
    [
      "networks",
      pairs(servers, (each) => field<{ network: number }[]>(each, "private_net").map(({ network }) => network)),
      pairs(of("networks"), (each) => field(each, "servers"), true),
    ],
    [
      "networks of load balancers",
      pairs(balancers, (each) => field<{ network: number }[]>(each, "private_net").map(({ network }) => network)),
      pairs(of("networks"), (each) => field(each, "load_balancers"), true),
    ],
    [
      "placement groups",
      pairs(servers, (each) => [field<number>(each, "placement_group", "id")]),
      pairs(of("placement_groups"), (each) => field(each, "servers"), true),
    ],
    [
      "load balancers",
      pairs(servers, (each) => field(each, "load_balancers")),
      pairs(
        balancers,
        (each) =>
          field<TargetJson[]>(each, "targets").flatMap(({ server, targets }) => [server?.id, ...(targets ?? []).map((t) => t.server.id)]),
        true,
      ),
    ],
    [
      "certificates",
      pairs(of("certificates"), (each) => field<{ id: number }[]>(each, "used_by").map(({ id }) => id)),
      pairs(
        balancers,
        (each) => field<{ http?: { certificates?: number[] } }[]>(each, "services").flatMap(({ http }) => http?.certificates ?? []),
        true,
      ),
    ],
  ];
  for (const [what, one, other] of both) expect([what, [...one].sort()]).toEqual([what, [...other].sort()]);
}

const idsOf = (items: ResourceJson[]): number[] => items.map(({ id }) => id);

/** The selector language, as plainly as it can be said. */
const SELECTORS: Record<string, (labels: Record<string, string>) => boolean> = {
  a: (labels) => "a" in labels,
  "!a": (labels) => !("a" in labels),
  "a=1": (labels) => labels["a"] === "1",
  "a!=1": (labels) => labels["a"] !== "1",
  "a in (1,2),b": (labels) => ["1", "2"].includes(labels["a"] ?? "") && "b" in labels,
  "b notin (2)": (labels) => labels["b"] !== "2",
};

async function requireLists(cloud: Cloud, now: Everything, perPage: number, selector: string): Promise<void> {
  for (const each of KINDS) {
    const all = now[each] ?? [];
    expect(idsOf(await whole(cloud, each, "&sort=id:desc", perPage))).toEqual(idsOf(all).sort((a, b) => b - a));
    const selected = await whole(cloud, each, `&label_selector=${encodeURIComponent(selector)}`);
    expect(idsOf(selected)).toEqual(idsOf(all.filter(({ labels }) => SELECTORS[selector]?.(labels))));
    if (!SORTED_BY_NAME.includes(each)) continue;
    const names = (await whole(cloud, each, "&sort=name")).map(({ name }) => name);
    expect(names).toEqual(all.map(({ name }) => name).sort());
  }
}

/** With one of each to begin with, there is something to bring together. */
const ONE_OF_EACH = KINDS.map((of): Wish => ({ do: "make", kind: of, labels: { a: "1" } }));
const sequences = fc.array(wish, { minLength: 15, maxLength: 25 });

test("all resources agree with one another, lists are whole in any order and page size, and numbers are never used again", async () => {
  await fc.assert(
    fc.asyncProperty(
      sequences,
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom(...Object.keys(SELECTORS)),
      async (asked, perPage, selector) => {
        // The shape of answers is other tests' concern; here it would cost most of the time.
        const cloud = new Cloud(await startEmulator({ machines: false }), false);
        try {
          await cloud.done("POST", "/zones", { name: "example.com", mode: "primary" });
          const kindOf = new Map<number, string>();
          const actions: ActionJson[] = [];
          let now = await everything(cloud);
          for (const each of [...ONE_OF_EACH, ...asked]) {
            const begun = await grant(cloud, each, now);
            actions.push(...begun);
            await cloud.ended(...begun);
            now = await everything(cloud);
            for (const of of KINDS) {
              for (const id of idsOf(now[of] ?? [])) {
                expect(kindOf.get(id) ?? of).toBe(of);
                kindOf.set(id, of);
              }
            }
            requireMutual(now);
          }
          await requireLists(cloud, now, perPage, selector);
          const numbers = [...kindOf.keys(), ...actions.map(({ id }) => id)];
          expect(new Set(numbers).size).toBe(numbers.length);
          const present = new Set(KINDS.flatMap((of) => idsOf(now[of] ?? [])));
          for (const [id, of] of kindOf) {
            expect([id, await cloud.refusal("GET", `/${of}/${id}`)]).toEqual([id, present.has(id) ? "200" : "404 not_found"]);
          }
          for (const { locked } of (now["servers"] ?? []) as unknown as { locked: boolean }[]) expect(locked).toBe(false);
        } finally {
          await cloud.stop();
        }
      },
    ),
    { numRuns: 6 },
  );
});
