// Reads a raw value by a schema and keeps what is right of it. zod's own `safeParse` gives everything or nothing, and runs rules over
// several values only once each of them is right; here a wrong size must not hide that two volumes share a mount point.
import { z } from "zod";
import { explain } from "./explain";
import { nearest } from "./nearest";
import type { Path, Problems } from "./problems";
import type { Quote } from "./quote";
import { keyPlaces } from "./keyPlaces";
import { expectedOf, isWrapper, words } from "./words";

/** A value of which parts may be missing, at any depth, because they were wrong. */
export type Partially<T> = T extends (infer E)[]
  ? (Partially<E> | undefined)[]
  : T extends object
    ? { [K in keyof T]?: Partially<T[K]> }
    : T;

export interface Reading {
  problems: Problems;
  quote: Quote;
  /** The whole schema: whoever put a key into the wrong place is told the right one. */
  whole: z.ZodType;
}

/**
 * Adds everything that `schema` finds wrong with `raw` to the problems.
 *
 * @returns what is right of it, with defaults; undefined where nothing is
 */
export function read<S extends z.ZodType>(schema: S, raw: unknown, at: Path, reading: Reading): Partially<z.output<S>> | undefined {
  return readAny(schema, raw, at, reading) as Partially<z.output<S>> | undefined;
}

function readAny(schema: z.ZodType, raw: unknown, at: Path, reading: Reading): unknown {
  if (isWrapper(schema)) return raw === undefined ? schema.parse(raw) : readAny(schema.unwrap() as z.ZodType, raw, at, reading);
  if (schema instanceof z.ZodUnion && isObject(raw)) {
    const keyed = schema.options.find((option) => option instanceof z.ZodObject);
    if (keyed) return readObject(keyed, raw, at, reading);
  }
  if (schema instanceof z.ZodObject && isObject(raw)) return readObject(schema, raw, at, reading);
  if (schema instanceof z.ZodRecord && isObject(raw)) return readRecord(schema, raw, at, reading);
  if (schema instanceof z.ZodArray && Array.isArray(raw)) return readArray(schema, raw, at, reading);
  return readLeaf(schema, raw, at, reading);
}

function readLeaf(schema: z.ZodType, raw: unknown, at: Path, { problems, quote }: Reading): unknown {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  problems.add(at, explain(schema, raw, quote));
  return undefined;
}

function readObject(schema: z.ZodObject, raw: Record<string, unknown>, at: Path, reading: Reading): unknown {
  const shape = schema.shape as Record<string, z.ZodType>;
  const known = Object.keys(shape);
  const misspelt = new Map<string, string>();
  for (const key of Object.keys(raw)) {
    if (Object.hasOwn(shape, key)) continue;
    const guess = nearest(key, known);
    if (guess !== undefined) misspelt.set(guess, key);
    const former = words.get(schema)?.formerKeys?.get(key)?.(raw[key]);
    reading.problems.add([...at, key], former ?? unknownKey(key, guess, known, reading.whole));
  }
  const entries = Object.entries(shape).map(([key, field]) => {
    const wrongKey = Object.hasOwn(raw, key) ? undefined : misspelt.get(key);
    const value =
      wrongKey === undefined
        ? readAny(field, own(raw, key), [...at, key], reading)
        : readMeant(field, raw[wrongKey], [...at, key], reading);
    return [key, value];
  });
  return Object.fromEntries(entries) as unknown;
}

/**
 * Reads what stands under a misspelt key as if the key were right, so that what is wrong below it or in company is told too. The key
 * may be a wrong guess, so a plain value that does not fit is passed over; missing it is not.
 */
function readMeant(field: z.ZodType, raw: unknown, at: Path, reading: Reading): unknown {
  const fits = typeof raw === "object" ? raw !== null : field.safeParse(raw).success;
  return fits ? readAny(field, raw, at, reading) : undefined;
}

function own(raw: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(raw, key) ? raw[key] : undefined;
}

function unknownKey(key: string, guess: string | undefined, known: string[], whole: z.ZodType): string {
  if (guess !== undefined) return `is not a known key. Did you mean ${guess}?`;
  const elsewhere = keyPlaces(whole).filter((place) => place.key === key);
  if (elsewhere.length > 0) return `does not belong here. It is a key of ${elsewhere.map(({ path }) => path).join(" and of ")}.`;
  return `is not a known key. Known here: ${known.join(", ")}.`;
}

function readRecord(schema: z.ZodRecord, raw: Record<string, unknown>, at: Path, reading: Reading): unknown {
  const names = schema.keyType as unknown as z.ZodType;
  const entries = Object.entries(raw).map(([key, value]) => {
    if (!names.safeParse(key).success) reading.problems.add([...at, key], `is no good name: it must be ${expectedOf(names)}.`);
    return [key, readAny(schema.valueType as z.ZodType, value, [...at, key], reading)];
  });
  return Object.fromEntries(entries) as unknown;
}

function readArray(schema: z.ZodArray, raw: unknown[], at: Path, reading: Reading): unknown {
  const elements = raw.map((element, index) => readAny(schema.element as z.ZodType, element, [...at, index], reading));
  // Only when each element is right is there something to say about the list, e.g. that it is too short.
  if (!reading.problems.touch(at)) readLeaf(schema, raw, at, reading);
  return elements;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
