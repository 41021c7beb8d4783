// What a record of each type may say.
import { isIPv4, isIPv6 } from "node:net";
import type { RrsetType } from "../zoneRecords";
import { isHost } from "./names";

type Check = (text: string) => boolean;

const MAX_VALUE = 16_384;
/** Between blanks; quotes hold blanks together, within a parameter as well. */
const WORD = /(?:"(?:[^"\\]|\\.)*"|[^\s"])+/g;

const number =
  (max: number): Check =>
  (text) =>
    /^\d{1,10}$/.test(text) && Number(text) <= max;
const byte = number(255);
const short = number(65_535);
const long = number(4_294_967_295);
const hex: Check = (text) => /^([0-9a-fA-F]{2})+$/.test(text);
const quoted: Check = (text) => /^"([^"\\]|\\.){0,255}"$/.test(text);
const parameter: Check = (text) => /^[a-z0-9-]+(=("[^"]*"|[^\s"]+))?$/.test(text);
const anything: Check = () => true;

/** As many words as there are checks; with `more`, further ones that each must pass it. */
const words =
  (checks: Check[], more?: Check): Check =>
  (text) => {
    const found = text.match(WORD) ?? [];
    if (text.replace(WORD, "").trim() !== "") return false;
    if (found.length < checks.length || (!more && found.length > checks.length)) return false;
    return found.every((word, index) => (checks[index] ?? more ?? anything)(word));
  };

const FORMS: Record<RrsetType, { check: Check; form: string }> = {
  A: { check: isIPv4, form: "an IPv4 address" },
  AAAA: { check: isIPv6, form: "an IPv6 address" },
  CAA: { check: words([byte, (tag) => /^[a-zA-Z0-9]+$/.test(tag), quoted]), form: 'like 0 issue "letsencrypt.org"' },
  CNAME: { check: isHost, form: "a host name" },
  DS: { check: words([short, byte, byte, hex]), form: "a key tag, an algorithm, a digest type and a digest" },
  HINFO: { check: words([quoted, quoted]), form: "two quoted strings" },
  HTTPS: { check: words([short, isHost], parameter), form: "a priority, a host name and parameters" },
  MX: { check: words([short, isHost]), form: "a priority and a host name" },
  NS: { check: isHost, form: "a host name" },
  PTR: { check: isHost, form: "a host name" },
  RP: { check: words([isHost, isHost]), form: "two host names" },
  SOA: { check: words([isHost, isHost, long, long, long, long, long]), form: "two host names and five numbers" },
  SRV: { check: words([short, short, short, isHost]), form: "a priority, a weight, a port and a host name" },
  SVCB: { check: words([short, isHost], parameter), form: "a priority, a host name and parameters" },
  TLSA: { check: words([byte, byte, byte, hex]), form: "a usage, a selector, a matching type and data" },
  TXT: { check: words([quoted], quoted), form: "one or more quoted strings of at most 255 characters" },
};

/** @returns what is wrong with it, nothing if it is right */
export function valueProblem(type: RrsetType, value: string): string | undefined {
  if (value.length > MAX_VALUE) return `is longer than ${MAX_VALUE} characters`;
  return FORMS[type].check(value) ? undefined : `'${value}' is not ${FORMS[type].form}, as a record of type ${type} must be`;
}
