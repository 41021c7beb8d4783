// What is remembered of a DNS zone.
import { z } from "zod";
import { deleteProtection, labels, moment, named } from "./records";

export const RRSET_TYPES = [
  ...(["A", "AAAA", "CAA", "CNAME", "DS", "HINFO", "HTTPS", "MX"] as const),
  ...(["NS", "PTR", "RP", "SOA", "SRV", "SVCB", "TLSA", "TXT"] as const),
] as const;
export type RrsetType = (typeof RRSET_TYPES)[number];

const dnsRecord = z.strictObject({ value: z.string(), comment: z.string().optional() });
export type DnsRecord = z.infer<typeof dnsRecord>;

/** All records of one name and type. */
const rrset = z.strictObject({
  /** Relative to the zone, `@` for the zone itself. */
  name: z.string(),
  type: z.enum(RRSET_TYPES),
  /** Seconds; null for the zone's. */
  ttl: z.int().nullable(),
  labels,
  created: moment,
  protection: z.strictObject({ change: z.boolean() }),
  records: z.array(dnsRecord),
});
export type Rrset = z.infer<typeof rrset>;

const nameserver = z.strictObject({
  address: z.string(),
  port: z.int(),
  tsigKey: z.string().optional(),
  tsigAlgorithm: z.enum(["hmac-md5", "hmac-sha1", "hmac-sha256"]).optional(),
});
export type PrimaryNameserver = z.infer<typeof nameserver>;

export const zone = z.strictObject({
  ...named,
  mode: z.enum(["primary", "secondary"]),
  /** Seconds. */
  ttl: z.int(),
  protection: deleteProtection,
  /** Where a secondary zone comes from. */
  primaryNameservers: z.array(nameserver),
  rrsets: z.array(rrset),
});
export type Zone = z.infer<typeof zone>;
