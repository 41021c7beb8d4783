// Zone files (RFC 1035): read when one is imported, written when a zone is exported.
import { invalidField } from "../errors";
import { RRSET_TYPES, type DnsRecord, type RrsetType, type Zone } from "../zoneRecords";
import { rrsetNameProblem } from "./names";
import { valueProblem } from "./values";
import { findRrset, NAMESERVERS } from "./zone";

export interface ZoneFile {
  /** Of its `$TTL`, seconds. */
  ttl: number | undefined;
  rrsets: { name: string; type: RrsetType; ttl: number | null; records: DnsRecord[] }[];
}

/** One statement: a record, or a directive. */
interface Entry {
  line: number;
  /** Whether it begins with a blank: it is of the same name as the one before. */
  sameName: boolean;
  words: string[];
}

const TOKEN = /"(?:[^"\\]|\\.)*"|;.*|[()]|[^\s();"]+|\n|[^\S\n]+|"/g;
const UNITS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** @throws ApiError `invalid_input` on the field `zonefile` that says in which line what is wrong */
export function parseZoneFile(text: string, zoneName: string): ZoneFile {
  const file: ZoneFile = { ttl: undefined, rrsets: [] };
  let name = "@";
  for (const { line, sameName, words } of entriesOf(text)) {
    const [first = "", ...rest] = words;
    const problem = (message: string): never => refuse(`line ${line}: ${message}`);
    if (first === "$ORIGIN") {
      if (rest.join(" ") !== `${zoneName}.`) problem(`$ORIGIN must be ${zoneName}.`);
    } else if (first === "$TTL") {
      file.ttl = seconds(rest[0]) ?? problem("$TTL needs a time");
    } else if (first.startsWith("$")) {
      problem(`${first} is not understood`);
    } else {
      if (!sameName) name = relative(first, zoneName);
      const nameProblem = rrsetNameProblem(name, zoneName);
      if (nameProblem !== undefined) problem(`the name '${first}' ${nameProblem}`);
      add(file, name, sameName ? words : rest, problem);
    }
  }
  requireWhole(file);
  return file;
}

function add(file: ZoneFile, name: string, words: string[], problem: (message: string) => never): void {
  let ttl: number | null = null;
  const left = [...words];
  // Time and class may come in either order, or not at all.
  for (;;) {
    const word = left[0] ?? "";
    const given = /^\d/.test(word) ? seconds(word) : undefined;
    if (given !== undefined) ttl = given;
    else if (word === "CH" || word === "HS") problem("only records of class IN are allowed");
    else if (word !== "IN") break;
    left.shift();
  }
  const type = RRSET_TYPES.find((each) => each === left[0]?.toUpperCase()) ?? problem(`there is no type '${left[0] ?? ""}'`);
  const value = left.slice(1).join(" ");
  const wrong = valueProblem(type, value);
  if (wrong !== undefined) problem(wrong);
  const set = file.rrsets.find((each) => each.name === name && each.type === type);
  if (!set) file.rrsets.push({ name, type, ttl, records: [{ value }] });
  else if (set.ttl !== ttl) problem(`the records of ${name} ${type} have different times to live`);
  else if (set.records.some((record) => record.value === value)) problem(`the record ${name} ${type} ${value} is there twice`);
  else set.records.push({ value });
}

function requireWhole({ rrsets }: ZoneFile): void {
  const valuesOf = (type: RrsetType): string[] =>
    (rrsets.find((set) => set.name === "@" && set.type === type)?.records ?? []).map(({ value }) => value);
  if (valuesOf("SOA").length !== 1) refuse("one SOA record must be there");
  const missing = NAMESERVERS.find((server) => !valuesOf("NS").includes(server));
  if (missing !== undefined) refuse(`the name server ${missing} must be there as an NS record`);
}

function entriesOf(text: string): Entry[] {
  const entries: Entry[] = [];
  let entry: Entry = { line: 1, sameName: false, words: [] };
  let line = 1;
  let depth = 0;
  let begins = true;
  for (const [token] of text.replace(/\r\n/g, "\n").matchAll(TOKEN)) {
    if (token === "\n") line++;
    if (token === '"') refuse(`line ${line}: a quote is not closed`);
    if (begins) entry = { line, sameName: /^\s/.test(token), words: [] };
    begins = token === "\n" && depth === 0;
    if (begins) {
      if (entry.words.length > 0) entries.push(entry);
      entry = { line, sameName: false, words: [] };
    } else if (token === "(") depth++;
    else if (token === ")") depth--;
    else if (!/^[\s;]/.test(token)) entry.words.push(token);
  }
  if (depth !== 0) refuse("a parenthesis is not closed");
  return entry.words.length > 0 ? [...entries, entry] : entries;
}

/** @returns nothing when it is no time like `3600` or `1h30m` */
function seconds(text = ""): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  if (!/^(\d+[smhdw])+$/i.test(text)) return undefined;
  return [...text.matchAll(/(\d+)([smhdw])/gi)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (UNITS[unit?.toLowerCase() ?? ""] ?? 0),
    0,
  );
}

function relative(name: string, zoneName: string): string {
  if (name === `${zoneName}.`) return "@";
  return name.endsWith(`.${zoneName}.`) ? name.slice(0, -zoneName.length - 2) : name;
}

function refuse(message: string): never {
  throw invalidField("zonefile", message);
}

/** The zone as a file that can be imported again. */
export function writeZoneFile(zone: Zone): string {
  const soa = findRrset(zone, "@", "SOA");
  const others = zone.rrsets.filter((rrset) => rrset !== soa);
  const sets = [...(soa ? [soa] : []), ...others].map(({ name, type, ttl, records }) =>
    records
      .map(({ value, comment }) => {
        const time = ttl === null ? [] : [String(ttl)];
        return [name, ...time, "IN", type, value + (comment ? ` ; ${comment.replace(/\n/g, " ")}` : "")].join("\t");
      })
      .join("\n"),
  );
  return [`$ORIGIN\t${zone.name}.\n$TTL\t${zone.ttl}`, ...sets].join("\n\n") + "\n";
}
