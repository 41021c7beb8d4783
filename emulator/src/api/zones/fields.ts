// Shapes of fields of zones and record sets.
import { isIP } from "node:net";
import { z } from "zod";
import { invalidInput } from "../../model/errors";
import { rrsetNameProblem, zoneNameProblem } from "../../model/dns/names";
import { valueProblem } from "../../model/dns/values";
import { RRSET_TYPES, type DnsRecord, type Rrset, type RrsetType, type Zone } from "../../model/zoneRecords";
import { labels } from "../fields";

const MAX_TTL = 2_147_483_647;
const MAX_RECORDS = 50;
const MAX_NAMESERVERS = 16;

export const ttl = z.int().min(60).max(MAX_TTL);

export const zoneName = z.string().superRefine((name, context) => {
  const problem = zoneNameProblem(name);
  if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
});

const areDistinct = (texts: string[]): boolean => new Set(texts).size === texts.length;

const record = z.object({ value: z.string().min(1), comment: z.string().max(255).optional() });

export const records = z
  .array(record)
  .min(1)
  .max(MAX_RECORDS)
  .refine((given) => areDistinct(given.map(({ value }) => value)), "has the same value twice");

export const rrsetBody = z.object({
  name: z.string().min(1),
  type: z.enum(RRSET_TYPES),
  ttl: ttl.nullish(),
  records,
  labels: labels.default({}),
});

export const nameservers = z
  .array(
    z.object({
      address: z.string().refine((text) => isIP(text) !== 0, "is not an IP address"),
      port: z.int().min(1).max(65_535).default(53),
      tsig_key: z.base64("must be base64 encoded").optional(),
      tsig_algorithm: z.enum(["hmac-md5", "hmac-sha1", "hmac-sha256"]).optional(),
    }),
  )
  .max(MAX_NAMESERVERS)
  .refine((given) => areDistinct(given.map(({ address }) => address)), "has the same address twice");

export const toNameservers = (given: z.output<typeof nameservers>): Zone["primaryNameservers"] =>
  given.map(({ address, port, tsig_key: tsigKey, tsig_algorithm: tsigAlgorithm }) => ({ address, port, tsigKey, tsigAlgorithm }));

/**
 * What a type asks of its values and its name.
 *
 * @throws ApiError `invalid_input` that names every record that is wrong
 */
export function requireValid(zone: string, rrset: Pick<Rrset, "name" | "type">, given: DnsRecord[], field = "records"): void {
  const name = rrsetNameProblem(rrset.name, zone);
  const problems = [
    ...(name === undefined ? [] : [{ name: "name", messages: [name] }]),
    ...given.flatMap(({ value }, index) => {
      const problem = valueProblem(rrset.type, value);
      return problem === undefined ? [] : [{ name: `${field}.${index}.value`, messages: [problem] }];
    }),
    ...(SINGLE.includes(rrset.type) && given.length > 1
      ? [{ name: field, messages: [`only one record of type ${rrset.type} may be there`] }]
      : []),
  ];
  if (problems.length > 0) throw invalidInput(problems);
}

const SINGLE: RrsetType[] = ["CNAME", "SOA"];
