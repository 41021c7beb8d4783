import { z } from "zod";

/** How a report speaks about a value of the schema. */
export interface Words {
  /** What is allowed, to follow "must be": `a whole number of GB from 10 to 10240`. */
  expected: string;
  /** For values that people are known to write: the whole message, or undefined for all others. */
  instead?: (raw: unknown) => string | undefined;
  /** For objects: keys that are no longer known, and the whole message for their value. */
  formerKeys?: ReadonlyMap<string, (raw: unknown) => string>;
}

/** The words of every value in the schema. Kept beside it in zod's own registry, so that no value is without. */
export const words = z.registry<Words>();

/** Gives a schema its words. */
export function said<S extends z.ZodType>(schema: S, expected: string, more: Omit<Words, "expected"> = {}): S {
  words.add(schema, { expected, ...more });
  return schema;
}

/** Looks through `optional` and `default`, which carry no words of their own. */
export function bare(schema: z.ZodType): z.ZodType {
  return isWrapper(schema) ? bare(schema.unwrap() as z.ZodType) : schema;
}

export function isWrapper(schema: z.ZodType): schema is z.ZodOptional | z.ZodDefault | z.ZodPrefault {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
}

export function expectedOf(schema: z.ZodType): string {
  const known = words.get(bare(schema));
  if (!known) throw new Error("A value of the configuration's schema has no words: give it some with said().");
  return known.expected;
}
