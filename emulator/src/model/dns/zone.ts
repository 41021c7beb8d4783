// A zone's life: what it begins with, and its serial number.
import type { World } from "../world";
import type { DnsRecord, Rrset, RrsetType, Zone } from "../zoneRecords";

/** Who answers for every zone. */
export const NAMESERVERS = ["hydrogen.ns.hetzner.com.", "oxygen.ns.hetzner.com.", "helium.ns.hetzner.de."];
export const DEFAULT_TTL = 3600;
/** Place of the serial number in the value of a SOA record. */
const SERIAL = 2;

export const idOf = ({ name, type }: Pick<Rrset, "name" | "type">): string => `${name}/${type}`;

export const findRrset = (zone: Zone, name: string, type: string): Rrset | undefined =>
  zone.rrsets.find((rrset) => rrset.name === name && rrset.type === type);

export function newRrset(world: World, name: string, type: RrsetType, records: DnsRecord[], ttl: number | null = null): Rrset {
  return { name, type, ttl, labels: {}, created: world.timestamp(), protection: { change: false }, records };
}

/** Every primary zone has these two; those that are given take their place. */
export function withDefaults(world: World, given: Rrset[]): Rrset[] {
  const soa = [{ value: `${NAMESERVERS[0] ?? ""} dns.hetzner.com. 0 86400 10800 3600000 3600` }];
  const defaults = [
    newRrset(world, "@", "SOA", soa),
    newRrset(
      world,
      "@",
      "NS",
      NAMESERVERS.map((value) => ({ value })),
    ),
  ];
  return [...defaults.filter((rrset) => !given.some((other) => idOf(other) === idOf(rrset))), ...given];
}

/** Gives the zone a new serial number, as every change does: `YYYYMMDDnn`, and always a greater one. */
export function countUp(world: World, zone: Zone, least = 0): void {
  const soa = findRrset(zone, "@", "SOA")?.records[0];
  if (!soa) return;
  const fields = soa.value.split(/\s+/);
  const today = Number(`${world.timestamp().slice(0, 10).replace(/-/g, "")}00`);
  fields[SERIAL] = String(Math.max(today, Number(fields[SERIAL]) + 1, least + 1));
  soa.value = fields.join(" ");
}

/** The serial number of a zone now; 0 where there is none. */
export const serialOf = (zone: Zone): number => Number(findRrset(zone, "@", "SOA")?.records[0]?.value.split(/\s+/)[SERIAL] ?? 0);
