// Shapes of fields that many bodies share.
import { z } from "zod";
import { findLocation, type Location } from "../catalogue/locations";
import { invalidField } from "../model/errors";
import { labelProblems } from "../model/labels";

export const id = z.int().min(1);

/** Go's client sends what the user wrote as a number if it looks like one; the documents say string. */
export const idOrName = z.union([z.int().min(1), z.string().min(1)]);

export const labels = z.record(z.string(), z.string()).superRefine((given, context) => {
  for (const { messages } of labelProblems(given)) for (const message of messages) context.addIssue({ code: "custom", message });
});

/** A name as servers have it: a host name as of RFC 1123. */
export const hostName = z
  .string()
  .max(253)
  .refine(
    (name) => name.split(".").every((part) => /^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/.test(part)),
    "is not a valid hostname as per RFC 1123",
  );

export const freeName = z.string().min(1).max(128);

/** Actions without a body: whatever is sent is ignored. */
export const nothing = z.unknown();

/** @throws ApiError `invalid_input` */
export function requireLocation(idOrName: number | string, field = "location"): Location {
  const found = findLocation(idOrName);
  if (!found) throw invalidField(field, `location '${idOrName}' does not exist`);
  return found;
}
