// What can be done to the records of a set.
import { z } from "zod";
import { findRrset, newRrset } from "../../model/dns/zone";
import { invalidField, invalidInput } from "../../model/errors";
import { type DnsRecord, type Rrset, RRSET_TYPES, type Zone } from "../../model/zoneRecords";
import { type Call, post, type Route } from "../route";
import { changeZone } from "./change";
import { records, requireValid, ttl } from "./fields";
import { requirePrimary, requireRrset } from "./present";
import { requireChangeable, requireNoAlias, RRSET } from "./rrsets";

const changeProtection = post(`${RRSET}/actions/change_protection`, z.object({ change: z.boolean() }), (call) => {
  const { zone, rrset } = requireRrset(call);
  return changeZone(call, zone, "change_rrset_protection", () => (rrset.protection.change = call.body.change));
});

const changeTtl = post(`${RRSET}/actions/change_ttl`, z.object({ ttl: ttl.nullable() }), (call) => {
  const { zone, rrset } = requireUnprotected(call);
  return changeZone(call, zone, "change_rrset_ttl", () => (rrset.ttl = call.body.ttl));
});

const setRecords = post(`${RRSET}/actions/set_records`, z.object({ records }), (call) => {
  const { zone, rrset } = requireUnprotected(call);
  requireValid(zone.name, rrset, call.body.records);
  // The serial number of a zone is the cloud's: it goes on counting from what is written here.
  return changeZone(call, zone, "set_rrset_records", () => (rrset.records = call.body.records));
});

const addRecords = post(`${RRSET}/actions/add_records`, z.object({ records, ttl: ttl.nullish() }), (call) => {
  const { body } = call;
  const zone = requirePrimary(call);
  const present = findRrset(zone, call.params["rr_name"] ?? "", call.params["rr_type"] ?? "");
  const rrset = present ?? newSet(call, zone);
  requireChangeable(rrset);
  requireValid(zone.name, rrset, [...rrset.records, ...body.records]);
  const twice = body.records.filter(({ value }) => rrset.records.some((record) => record.value === value));
  if (twice.length > 0) throw wrongValues(body.records, twice, "is in the set already");
  const conflicts = typeof body.ttl === "number" && present && rrset.ttl !== null && rrset.ttl !== body.ttl;
  if (conflicts) throw invalidField("ttl", `must be ${rrset.ttl ?? ""}, as it is for the records that are there`);
  return changeZone(call, zone, "add_rrset_records", () => {
    // Another one may have made the set meanwhile.
    const set = findRrset(zone, rrset.name, rrset.type) ?? rrset;
    if (!zone.rrsets.includes(set)) zone.rrsets.push(set);
    set.ttl ??= body.ttl ?? null;
    set.records = [...set.records, ...body.records.filter(({ value }) => !set.records.some((record) => record.value === value))];
  });
});

const removeRecords = post(`${RRSET}/actions/remove_records`, z.object({ records }), (call) => {
  const { zone, rrset } = requireUnprotected(call);
  if (rrset.type === "SOA") throw invalidField("records", "the SOA record belongs to the zone and cannot be removed");
  const gone = requireRecords(rrset, call.body.records);
  return changeZone(call, zone, "remove_rrset_records", () => {
    rrset.records = rrset.records.filter(({ value }) => !gone.includes(value));
    if (rrset.records.length === 0) zone.rrsets = zone.rrsets.filter((other) => other !== rrset);
  });
});

const commented = z.array(z.object({ value: z.string(), comment: z.string().max(255) })).min(1);

const updateRecords = post(`${RRSET}/actions/update_records`, z.object({ records: commented }), (call) => {
  const { zone, rrset } = requireUnprotected(call);
  requireRecords(rrset, call.body.records);
  const answer = changeZone(call, zone, "update_rrset_records", () => {
    for (const { value, comment } of call.body.records) {
      for (const record of rrset.records) if (record.value === value) record.comment = comment;
    }
  });
  // Alone among the actions, this one is answered with 200.
  return { ...answer, status: 200 };
});

export const rrsetActionRoutes: Route[] = [changeProtection, changeTtl, setRecords, addRecords, removeRecords, updateRecords];

function requireUnprotected(call: Call<unknown>): { zone: Zone; rrset: Rrset } {
  const found = requireRrset(call);
  requireChangeable(found.rrset);
  return found;
}

/** A set that the first records added to it bring into being. */
function newSet(call: Call<unknown>, zone: Zone): Rrset {
  const type = RRSET_TYPES.find((each) => each === call.params["rr_type"]);
  if (!type) throw invalidField("rr_type", `there is no type '${call.params["rr_type"] ?? ""}'`);
  const rrset = newRrset(call.world, call.params["rr_name"] ?? "", type, []);
  requireNoAlias(zone.rrsets, rrset, "rr_type");
  return rrset;
}

/** @throws ApiError `invalid_input` when one of them is not in the set */
function requireRecords(rrset: Rrset, wanted: DnsRecord[]): string[] {
  const missing = wanted.filter(({ value }) => !rrset.records.some((record) => record.value === value));
  if (missing.length > 0) throw wrongValues(wanted, missing, "is not in the set");
  return wanted.map(({ value }) => value);
}

const wrongValues = (all: DnsRecord[], wrong: DnsRecord[], message: string): Error =>
  invalidInput(wrong.map((record) => ({ name: `records.${all.indexOf(record)}.value`, messages: [`'${record.value}' ${message}`] })));
