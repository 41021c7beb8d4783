import { z } from "zod";
import { parseZoneFile, writeZoneFile } from "../../model/dns/zonefile";
import { countUp, DEFAULT_TTL, idOf, newRrset, serialOf, withDefaults } from "../../model/dns/zone";
import { invalidField, notUnique, protectedFrom } from "../../model/errors";
import type { World } from "../../model/world";
import type { Rrset, Zone } from "../../model/zoneRecords";
import { actionRoutesAt, presentAction } from "../actions";
import { labels } from "../fields";
import { list } from "../list";
import { type Call, created, get, ok, post, put, remove, type Route } from "../route";
import { changeZone } from "./change";
import { nameservers, requireValid, rrsetBody, toNameservers, ttl, zoneName } from "./fields";
import { incorrectMode, presentZone, requirePrimary, requireZone } from "./present";
import { requireNoAlias, rrsetRoutes } from "./rrsets";
import { rrsetActionRoutes } from "./rrsetActions";

const body = z.object({
  name: zoneName,
  mode: z.enum(["primary", "secondary"]),
  ttl: ttl.default(DEFAULT_TTL),
  labels: labels.default({}),
  primary_nameservers: nameservers.default([]),
  rrsets: z.array(rrsetBody).default([]),
  zonefile: z.string().default(""),
});
type Body = z.output<typeof body>;

const create = post("/zones", body, ({ world, project, body: given }) => {
  const taken = [...world.projects.values()].some(({ zones }) => zones.list().some(({ name }) => name === given.name));
  if (taken) throw notUnique("name");
  const content = given.mode === "primary" ? ownContent(world, given) : fetchedContent(given);
  const zone: Zone = {
    id: world.newId(),
    name: given.name,
    created: world.timestamp(),
    mode: given.mode,
    labels: given.labels,
    protection: { delete: false },
    ...content,
  };
  countUp(world, zone);
  const action = world.actions.start(project, {
    command: "create_zone",
    resources: [{ type: "zone", id: zone.id }],
    seconds: world.latencies.action,
    effect: () => undefined,
    undo: () => project.zones.delete(zone.id),
  });
  return created({ zone: presentZone(project.zones.add(zone)), action: presentAction(world, action) });
});

type Content = Pick<Zone, "ttl" | "primaryNameservers" | "rrsets">;

function fetchedContent(given: Body): Content {
  if (given.primary_nameservers.length === 0) throw invalidField("primary_nameservers", "is required for a zone in secondary mode");
  return { ttl: given.ttl, primaryNameservers: toNameservers(given.primary_nameservers), rrsets: [] };
}

function ownContent(world: World, given: Body): Content {
  if (given.zonefile !== "") {
    if (given.rrsets.length > 0) throw invalidField("rrsets", "must be empty when a zonefile is given");
    return { primaryNameservers: [], ...imported(world, given.zonefile, given.name, given.ttl) };
  }
  const rrsets: Rrset[] = [];
  for (const [index, wanted] of given.rrsets.entries()) {
    requireValid(given.name, wanted, wanted.records, `rrsets.${index}.records`);
    if (rrsets.some((other) => idOf(other) === idOf(wanted))) throw invalidField("rrsets", `${idOf(wanted)} is there twice`);
    requireNoAlias(rrsets, wanted, "rrsets");
    rrsets.push({ ...newRrset(world, wanted.name, wanted.type, wanted.records, wanted.ttl ?? null), labels: wanted.labels });
  }
  return { ttl: given.ttl, primaryNameservers: [], rrsets: withDefaults(world, rrsets) };
}

function imported(world: World, text: string, name: string, usualTtl: number): Pick<Zone, "ttl" | "rrsets"> {
  const file = parseZoneFile(text, name);
  const rrsets: Rrset[] = [];
  for (const set of file.rrsets) {
    requireNoAlias(rrsets, set, "zonefile");
    rrsets.push(newRrset(world, set.name, set.type, set.records, set.ttl));
  }
  return { ttl: file.ttl ?? usualTtl, rrsets };
}

const importFile = post("/zones/:id_or_name/actions/import_zonefile", z.object({ zonefile: z.string().min(1) }), (call) => {
  const zone = requirePrimary(call);
  const kept = zone.rrsets.find(({ protection }) => protection.change);
  if (kept) throw protectedFrom(`rrset ${idOf(kept)}`, "change");
  const content = imported(call.world, call.body.zonefile, zone.name, zone.ttl);
  return changeZone(call, zone, "import_zonefile", () => {
    const before = serialOf(zone);
    Object.assign(zone, content);
    // Secondaries that saw the former number must see that this is newer.
    countUp(call.world, zone, before);
  });
});

const changeTtl = post("/zones/:id_or_name/actions/change_ttl", z.object({ ttl }), (call) =>
  changeZone(call, requirePrimary(call), "change_ttl", (zone) => (zone.ttl = call.body.ttl)),
);

const changeNameservers = post(
  "/zones/:id_or_name/actions/change_primary_nameservers",
  z.object({ primary_nameservers: nameservers.min(1) }),
  (call) => {
    const zone = requireZone(call);
    if (zone.mode !== "secondary") throw incorrectMode(zone);
    const wanted = toNameservers(call.body.primary_nameservers);
    return changeZone(call, zone, "change_primary_nameservers", () => (zone.primaryNameservers = wanted));
  },
);

const changeProtection = post("/zones/:id_or_name/actions/change_protection", z.object({ delete: z.boolean().optional() }), (call) => {
  const zone = requireZone(call);
  const wanted = call.body.delete ?? zone.protection.delete;
  return changeZone(call, zone, "change_protection", () => (zone.protection.delete = wanted));
});

const removeZone = remove("/zones/:id_or_name", (call: Call<unknown>) => {
  const zone = requireZone(call);
  if (zone.protection.delete) throw protectedFrom("zone", "deletion");
  return changeZone(call, zone, "delete_zone", () => call.project.zones.delete(zone.id));
});

export const zoneRoutes: Route[] = [
  get("/zones", (call) =>
    list(call, {
      key: "zones",
      items: call.project.zones.list(),
      present: presentZone,
      filters: { name: ({ name }) => name, mode: ({ mode }) => mode },
      sort: { id: ({ id }) => id, name: ({ name }) => name, created: (zone) => zone.created },
      labels: (zone) => zone.labels,
    }),
  ),
  get("/zones/:id_or_name", (call) => ok({ zone: presentZone(requireZone(call)) })),
  get("/zones/:id_or_name/zonefile", (call) => ok({ zonefile: writeZoneFile(requirePrimary(call)) })),
  create,
  put("/zones/:id_or_name", z.object({ labels: labels.optional() }), (call) => {
    const zone = requireZone(call);
    zone.labels = call.body.labels ?? zone.labels;
    return ok({ zone: presentZone(zone) });
  }),
  removeZone,
  importFile,
  changeTtl,
  changeNameservers,
  changeProtection,
  ...actionRoutesAt("/zones", ":id_or_name", "zone", (call) => requireZone(call).id),
  ...rrsetRoutes,
  ...rrsetActionRoutes,
];
