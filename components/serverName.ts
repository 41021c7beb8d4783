/** Longest host name label that DNS allows (RFC 1123). */
const MAX_LABEL = 63;

/**
 * The name of one server of a machine. Unlike the machine's own name it differs from server to server, because the old and the new
 * one exist side by side while the machine is recreated.
 *
 * @param suffix lower-case hex, a few characters
 * @returns a legal host name of at most 63 characters that ends in `-suffix`
 */
export function serverName(stack: string, machine: string, suffix: string): string {
  const whole = `${legalLabel(stack)}-${machine}`.replace(/^-+/, "");
  const room = MAX_LABEL - suffix.length - 1;
  return `${whole.slice(0, room).replace(/-+$/, "")}-${suffix}`;
}

/** Stack names may hold what host names may not: `_`, `.`, capitals. */
function legalLabel(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9-]+/g, "-");
}
