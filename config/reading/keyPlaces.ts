import { z } from "zod";
import { bare } from "./words";

/** A key of the schema and the place it belongs to, e.g. `size` of `machines.<name>.volumes.<name>`. */
export interface KeyPlace {
  key: string;
  /** The object that has the key; empty for the top. */
  path: string;
}

/** Every key that the schema knows, in its order. */
export function keyPlaces(schema: z.ZodType, path = ""): KeyPlace[] {
  const plain = bare(schema);
  if (plain instanceof z.ZodUnion) return plain.options.flatMap((option) => keyPlaces(option as z.ZodType, path));
  if (plain instanceof z.ZodArray) return keyPlaces(plain.element as z.ZodType, `${path}[]`);
  if (plain instanceof z.ZodRecord) return keyPlaces(plain.valueType as z.ZodType, `${path}.<name>`);
  if (!(plain instanceof z.ZodObject)) return [];
  return Object.entries(plain.shape as Record<string, z.ZodType>).flatMap(([key, field]) => [
    { key, path },
    ...keyPlaces(field, path === "" ? key : `${path}.${key}`),
  ]);
}
