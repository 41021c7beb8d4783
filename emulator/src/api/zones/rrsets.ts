// Record sets of a zone: all records of one name and type.
import { z } from "zod";
import { countUp, findRrset, idOf, newRrset } from "../../model/dns/zone";
import { ApiError, invalidField, protectedFrom } from "../../model/errors";
import type { Rrset } from "../../model/zoneRecords";
import { begin } from "../actions";
import { labels } from "../fields";
import { list } from "../list";
import { get, ok, post, put, remove, type Route } from "../route";
import { changeZone } from "./change";
import { requireValid, rrsetBody } from "./fields";
import { presentRrset, requirePrimary, requireRrset } from "./present";

/** On this list alone. */
const MAX_PER_PAGE = 100;

export const RRSET = "/zones/:id_or_name/rrsets/:rr_name/:rr_type";

/** @throws ApiError `invalid_input` when there would be an alias beside something else of its name */
export function requireNoAlias(present: Rrset[], wanted: Pick<Rrset, "name" | "type">, field: string): void {
  if (wanted.type === "CNAME" && wanted.name === "@") throw invalidField(field, "the zone itself cannot be an alias (CNAME)");
  const other = present.find(({ name, type }) => name === wanted.name && type !== wanted.type && [type, wanted.type].includes("CNAME"));
  if (other) throw invalidField(field, `${idOf(wanted)} cannot be beside ${idOf(other)}: an alias (CNAME) is alone under its name`);
}

/** @throws ApiError `protected` */
export function requireChangeable(rrset: Rrset): void {
  if (rrset.protection.change) throw protectedFrom(`rrset ${idOf(rrset)}`, "change");
}

const create = post("/zones/:id_or_name/rrsets", rrsetBody, (call) => {
  const { world, body } = call;
  const zone = requirePrimary(call);
  requireValid(zone.name, body, body.records);
  if (findRrset(zone, body.name, body.type)) {
    const fields = ["name", "type"].map((name) => ({ name, messages: ["is already used"] }));
    throw new ApiError(409, "uniqueness_error", `rrset ${idOf(body)} already exists`, { fields });
  }
  requireNoAlias(zone.rrsets, body, "type");
  const rrset = { ...newRrset(world, body.name, body.type, body.records, body.ttl ?? null), labels: body.labels };
  zone.rrsets.push(rrset);
  countUp(world, zone);
  const step = {
    command: "create_rrset",
    resources: [{ type: "zone", id: zone.id }],
    seconds: world.latencies.action,
    effect: () => undefined,
    undo: () => {
      zone.rrsets = zone.rrsets.filter((other) => other !== rrset);
    },
  };
  return begin(call, step, { rrset: presentRrset(zone, rrset) });
});

const removeRrset = remove(RRSET, (call) => {
  const { zone, rrset } = requireRrset(call);
  requireChangeable(rrset);
  if (rrset.type === "SOA") throw invalidField("rr_type", "the SOA record belongs to the zone and cannot be deleted");
  return changeZone(call, zone, "delete_rrset", () => (zone.rrsets = zone.rrsets.filter((other) => other !== rrset)));
});

export const rrsetRoutes: Route[] = [
  get("/zones/:id_or_name/rrsets", (call) => {
    const zone = requirePrimary(call);
    return list(call, {
      key: "rrsets",
      items: zone.rrsets,
      present: (rrset) => presentRrset(zone, rrset),
      filters: { name: ({ name }) => name, type: ({ type }) => type },
      sort: { id: idOf, name: ({ name }) => name, created: (rrset) => rrset.created },
      labels: (rrset) => rrset.labels,
      maxPerPage: MAX_PER_PAGE,
    });
  }),
  create,
  get(RRSET, (call) => {
    const { zone, rrset } = requireRrset(call);
    return ok({ rrset: presentRrset(zone, rrset) });
  }),
  put(RRSET, z.object({ labels: labels.optional() }), (call) => {
    const { zone, rrset } = requireRrset(call);
    rrset.labels = call.body.labels ?? rrset.labels;
    return ok({ rrset: presentRrset(zone, rrset) });
  }),
  removeRrset,
];
