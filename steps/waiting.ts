// Waiting for something to happen elsewhere: at first looked for often, then less, and never without a limit.
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * A limit as it holds for this operator: every wait for a machine or the cloud is multiplied by `NIXOS_VPS_LIMIT_FACTOR` (1 by default),
 * for networks and clouds that are slower or faster than Hetzner's. Limits of programs that do real work are not.
 */
export function patience(ms: number): number {
  const factor = Number(process.env.NIXOS_VPS_LIMIT_FACTOR ?? "1");
  return factor > 0 && Number.isFinite(factor) ? ms * factor : ms;
}

/**
 * Looks until there is something to see.
 *
 * @param limitMs multiplied as `patience` says
 * @param look returns undefined as long as there is nothing; what it throws ends the wait
 * @returns undefined when the limit was reached; it was looked at least once
 * @example
 * ```ts
 * const server = await poll(60_000, async () => ((await api.server(1))?.status === "off" ? true : undefined));
 * ```
 */
export async function poll<T>(limitMs: number, look: () => Promise<T | undefined>): Promise<T | undefined> {
  const end = performance.now() + patience(limitMs);
  for (let pause = 100; ; pause = Math.min(pause * 1.5, 2_000)) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() >= end) return undefined;
    await sleep(pause);
  }
}

/** A duration in words, e.g. `5 min`. */
export function inWords(ms: number): string {
  return ms >= 120_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 1000)} s`;
}
