// What a person sees of requests and answers carries no secret: somebody may look over their shoulder, or take a screenshot for an issue.

export const REDACTED = "(not shown)";

const SECRET_NAME = /password|passphrase|private_?key|secret|token|user_?data|tsig|wss_url|authorization/i;
const SECRET_TEXT = /-----BEGIN [A-Z ]*PRIVATE KEY-----|\bBearer\s+\S/;

/** A copy of a JSON document in which values under a secret's name, and texts that are private keys, are replaced. */
export function redact(value: unknown): unknown {
  if (typeof value === "string") return SECRET_TEXT.test(value) ? REDACTED : value;
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, SECRET_NAME.test(name) && isFilled(each) ? REDACTED : redact(each)]),
  );
}

/** A path with its query; values of the query that are secret are replaced. */
export function redactUrl(url: string): string {
  const [path = "", query] = url.split("?");
  if (query === undefined) return path;
  const words = [...new URLSearchParams(query)].map(([name, value]) => `${name}=${SECRET_NAME.test(name) ? REDACTED : value}`);
  return `${path}?${words.join("&")}`;
}

/** That nothing was given is no secret, and often what one looks for. */
function isFilled(value: unknown): boolean {
  return value !== null && value !== undefined && value !== "" && typeof value !== "boolean";
}
