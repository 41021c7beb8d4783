// Zones and record sets as JSON, and how they are found.
import { notFound } from "../../model/errors";
import { findRrset, idOf, NAMESERVERS } from "../../model/dns/zone";
import type { Rrset, Zone } from "../../model/zoneRecords";
import { ApiError } from "../../model/errors";
import type { Call } from "../route";

export const presentZone = (zone: Zone): object => ({
  id: zone.id,
  name: zone.name,
  created: zone.created,
  mode: zone.mode,
  ttl: zone.ttl,
  labels: zone.labels,
  protection: { ...zone.protection },
  primary_nameservers: zone.primaryNameservers.map(({ address, port, tsigKey, tsigAlgorithm }) => ({
    address,
    port,
    ...(tsigKey === undefined ? {} : { tsig_key: tsigKey }),
    ...(tsigAlgorithm === undefined ? {} : { tsig_algorithm: tsigAlgorithm }),
  })),
  status: "ok",
  record_count: zone.rrsets.reduce((sum, { records }) => sum + records.length, 0),
  // Nobody delegates a domain to an emulator, and nobody looks.
  authoritative_nameservers: { assigned: NAMESERVERS, delegated: [], delegation_last_check: zone.created, delegation_status: "unknown" },
  registrar: "unknown",
});

export const presentRrset = (zone: Zone, rrset: Rrset): object => ({
  id: idOf(rrset),
  name: rrset.name,
  type: rrset.type,
  ttl: rrset.ttl,
  labels: rrset.labels,
  protection: { ...rrset.protection },
  records: rrset.records.map(({ value, comment }) => ({ value, ...(comment ? { comment } : {}) })),
  zone: zone.id,
});

/** @throws ApiError `not_found` */
export function requireZone({ project, params }: Call<unknown>): Zone {
  const wanted = params["id_or_name"] ?? "";
  const found = project.zones.find(wanted);
  if (!found) throw notFound("zone", wanted);
  return found;
}

/** @throws ApiError `not_found`, or `incorrect_zone_mode` when its records are not managed here */
export function requirePrimary(call: Call<unknown>): Zone {
  const zone = requireZone(call);
  if (zone.mode !== "primary") throw incorrectMode(zone);
  return zone;
}

export const incorrectMode = ({ name, mode }: Zone): ApiError =>
  new ApiError(422, "incorrect_zone_mode", `zone ${name} is in ${mode} mode, which does not support this operation`);

/** @throws ApiError `not_found`, or `incorrect_zone_mode` */
export function requireRrset(call: Call<unknown>): { zone: Zone; rrset: Rrset } {
  const zone = requirePrimary(call);
  const { rr_name: name = "", rr_type: type = "" } = call.params;
  const rrset = findRrset(zone, name, type);
  if (!rrset) throw notFound("rrset", `${name}/${type}`);
  return { zone, rrset };
}
