// How long a machine waits for its confirmation, and how long it may take to say that it is well: its own health checks (vps.health) may have
// long limits, also such as only Nix knows of.
import type { Plan } from "../switch";

/** Seconds after which the machine goes back when nobody confirmed. Activation and health checks must fit in. */
export const ROLLBACK_SECONDS = 300;

/** Seconds of these that are the health checks'. As many are at most configured in the stack (config/rules/healthChecks.ts). */
const CHECK_SECONDS = 180;

/** How long a machine has to come back, in minutes. As long it waits for its confirmation by itself (`vps.goBack.minutes`), from its start on. */
export const BOOT_MINUTES = 10;

/** Seconds until a machine that activated the plan's system goes back; with more checks than usual, later. */
export function rollbackSeconds(plan: Pick<Plan, "health">): number {
  // Tests have no five minutes.
  const given = Number(process.env.NIXOS_VPS_ROLLBACK_SECONDS);
  return (Number.isInteger(given) && given > 0 ? given : ROLLBACK_SECONDS) + beyondUsual(plan);
}

/** Minutes until a machine that booted the plan's system goes back, as its vps-go-back counts unless it is told otherwise. */
export function bootMinutes(plan: Pick<Plan, "health">): number {
  return BOOT_MINUTES + Math.ceil(beyondUsual(plan) / 60);
}

/** How long one look at the machine's health may take, in milliseconds. */
export function healthCallMs({ health }: Pick<Plan, "health">): number {
  return (60 + health) * 1000;
}

/** Why a look that came to no end is none: somebody took the connection. */
export function noEnd(plan: Pick<Plan, "health">): string {
  return `it answers, but its health checks came to no end within ${healthCallMs(plan) / 1000} s`;
}

function beyondUsual({ health }: Pick<Plan, "health">): number {
  return Math.max(0, health - CHECK_SECONDS);
}
