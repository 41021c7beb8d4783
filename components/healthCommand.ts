import type { HealthCheckConfig } from "../config";
import type { HealthFacts } from "../steps/facts";
import { shellQuote } from "../steps/ssh/shim";

/** Seconds for one try; a check is tried again until its limit. */
const TRY_SECONDS = 9;

/**
 * What a health check of the configuration is on the machine: one line for bash, whose last words say why it fails.
 *
 * @example healthCommand({ name: "db", tcp: 5432, limit: 30 }).command // "{ exec 3<>/dev/tcp/127.0.0.1/5432 || …"
 */
export function healthCommand({ name, limit, ...check }: HealthCheckConfig): HealthFacts {
  return { name, limit, command: commandOf(check) };
}

function commandOf({ http, status, tcp, command }: Omit<HealthCheckConfig, "name" | "limit">): string {
  if (http !== undefined) {
    const ask = `curl --silent --show-error --output /dev/null --max-time ${TRY_SECONDS} --write-out '%{http_code}' -- ${shellQuote(http)}`;
    return `code=$(${ask}) && { [ "$code" = ${status} ] || { echo "HTTP status $code instead of ${status}"; false; }; }`;
  }
  if (tcp !== undefined) {
    return `{ exec 3<>/dev/tcp/127.0.0.1/${tcp} || exec 3<>/dev/tcp/::1/${tcp}; } 2>/dev/null || { echo "port ${tcp} takes no connection"; false; }`;
  }
  return command ?? "false";
}
