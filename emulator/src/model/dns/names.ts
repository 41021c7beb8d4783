// Names in zones.
import { getDomain, getPublicSuffix } from "tldts";

const MAX_NAME = 253;
/** Underscores are for services and keys: `_dmarc`. */
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
const HOST_LABEL = /^[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?$/;

/** @returns what is wrong with the name of a zone, nothing if it is right */
export function zoneNameProblem(name: string): string | undefined {
  if (name !== name.toLowerCase()) return "must be in lower case";
  if (name.endsWith(".")) return "must not end with a dot";
  if (name.length > MAX_NAME || !name.split(".").every((label) => LABEL.test(label))) return "is not a domain name";
  if (getPublicSuffix(name) === name) return "is a public suffix, not a domain";
  const domain = getDomain(name);
  if (domain === null) return "has no public suffix";
  return domain === name ? undefined : `is a subdomain of ${domain}; subdomains are not supported`;
}

/** @returns what is wrong with a name in this zone, nothing if it is right */
export function rrsetNameProblem(name: string, zone: string): string | undefined {
  if (name === "@") return undefined;
  if (name !== name.toLowerCase()) return "must be in lower case";
  if (name.endsWith(".")) return "must not end with a dot";
  if (name === zone || name.endsWith(`.${zone}`)) return "must not end with the name of the zone";
  const labels = name.split(".");
  const valid = labels.every((label, index) => (index === 0 && label === "*") || LABEL.test(label));
  return valid && name.length + 1 + zone.length <= MAX_NAME ? undefined : "is not a name of records";
}

/** Whether a record may point to it: a name relative to the zone, one with a dot at its end, or `@`. */
export function isHost(text: string): boolean {
  if (text === "@" || text === ".") return true;
  const name = text.replace(/\.$/, "");
  return name.length <= MAX_NAME && name.split(".").every((label) => HOST_LABEL.test(label));
}
