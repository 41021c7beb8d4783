import { z } from "zod";
import { nearest } from "./nearest";
import type { Quote } from "./quote";
import { bare, expectedOf, words } from "./words";

/** Says why `raw`, which the schema has refused, is wrong and what would be right. */
export function explain(schema: z.ZodType, raw: unknown, quote: Quote): string {
  const expected = expectedOf(schema);
  if (raw === undefined) return `is required: ${expected}.`;
  if (raw === null) return `is empty: it must be ${expected}.`;
  return words.get(bare(schema))?.instead?.(raw) ?? `must be ${expected}, but is ${quote(raw)}.${hint(bare(schema), raw)}`;
}

function hint(schema: z.ZodType, raw: unknown): string {
  if (typeof raw === "string") {
    if (isRight(schema, fromText(raw))) return " Take the quotes away.";
    const meant = schema instanceof z.ZodEnum ? nearest(raw, schema.options.map(String)) : undefined;
    return meant === undefined ? "" : ` Did you mean ${meant}?`;
  }
  const isPlain = typeof raw === "number" || typeof raw === "boolean";
  return isPlain && isRight(schema, String(raw)) ? " Put it in quotes." : "";
}

function isRight(schema: z.ZodType, value: unknown): boolean {
  return schema.safeParse(value).success;
}

/** The number or truth value that a quoted text stands for; undefined, which no schema here takes, for all others. */
function fromText(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}
