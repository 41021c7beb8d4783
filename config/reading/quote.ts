/** Shows a value in a report. */
export type Quote = (value: unknown) => string;

/** Longer ones are not quoted whole: nobody needs them to find the place, and what is long may be a secret. */
const LONGEST = 32;

/** Shows short and harmless values as they were written, and only the kind of all others. */
export const quote: Quote = (value) => {
  if (typeof value === "object") return quoteNothing(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return quoteNothing(value);
  return value.length <= LONGEST ? JSON.stringify(value) : `a text of ${value.length} characters`;
};

/** Shows nothing of a value, for configurations that hold a secret somewhere. */
export const quoteNothing: Quote = (value) => {
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return "a set of keys and values";
  return `a ${typeof value} (not shown, as there is a secret in the configuration)`;
};
