import type { Subject } from "./subject";

/** What a check may look at; it looks at one thing. */
const KINDS = ["http", "tcp", "command"] as const;

/** Seconds for all checks of a machine: after five minutes it goes back by itself when a switch is not confirmed. */
const TOGETHER = 180;

export function checkHealthChecks({ written, at, problems }: Subject): void {
  let together = 0;
  for (const [name, check] of Object.entries(written.healthChecks ?? {})) {
    const place = [...at, "healthChecks", name];
    if (check === undefined || problems.touch(place)) continue;
    const kinds = KINDS.filter((kind) => check[kind] !== undefined);
    if (kinds.length === 0) problems.add(place, "must say what to look at: one of http, tcp and command.");
    if (kinds.length > 1) problems.add(place, `must look at one thing, but has ${kinds.join(" and ")}. Make two checks of it.`);
    if (check.status !== undefined && !kinds.includes("http"))
      problems.add([...place, "status"], "is for a check with http only. Take it away.");
    together += check.limit ?? 0;
  }
  if (together > TOGETHER) {
    problems.add(
      [...at, "healthChecks"],
      `may take ${TOGETHER} s together, but their limits are ${together} s: a machine goes back by itself when a switch is not confirmed in time.`,
    );
  }
}
