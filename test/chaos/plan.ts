// What one seed does to one story. A plan is drawn from its seed alone, so that a seed that found something finds it again.
import * as fc from "fast-check";

/** The life of a machine, in the order in which it is lived. */
export const OPERATIONS = ["create", "switch", "recreate", "destroy", "up again"] as const;
export type Operation = (typeof OPERATIONS)[number];

export type Blow =
  /** SIGKILL to the whole process group of the engine, plugins and steps. */
  | { what: "operator" }
  /** A server loses power and is started again. */
  | { what: "server"; which: number }
  /** All ssh connections are cut. */
  | { what: "ssh" }
  /** The API refuses some requests, or loses its answers to them. */
  | { what: "api"; how: ApiTrouble; times: number };

export const API_TROUBLES = {
  "internal error": { status: 500, code: "server_error" },
  unavailable: { status: 503, code: "unavailable" },
  locked: { status: 423, code: "locked" },
  conflict: { status: 409, code: "conflict" },
  "rate limit": { status: 429, code: "rate_limit_exceeded" },
  "lost answer": undefined,
} as const;
export type ApiTrouble = keyof typeof API_TROUBLES;

export interface Disturbance {
  /** How far the operation has come when the blow falls: from 0, its beginning, to 1, its usual end. */
  at: number;
  blow: Blow;
}

/** Storage layouts that are told of, and the machine's `volumes` in each. */
export const LAYOUTS = {
  "home + store": { home: { size: 10 } },
  home: { home: { size: 10, store: false } },
} as const;
export type Layout = keyof typeof LAYOUTS;

export interface Plan {
  layout: Layout;
  blows: Record<Operation, Disturbance>;
}

/** Each kind of blow is as likely as any other. */
const blow: fc.Arbitrary<Blow> = fc.oneof(
  fc.constant({ what: "operator" as const }),
  fc.record({ what: fc.constant("server" as const), which: fc.nat(1) }),
  fc.constant({ what: "ssh" as const }),
  fc.record({
    what: fc.constant("api" as const),
    how: fc.constantFrom(...(Object.keys(API_TROUBLES) as ApiTrouble[])),
    times: fc.integer({ min: 1, max: 3 }),
  }),
);

const disturbance: fc.Arbitrary<Disturbance> = fc.record({ at: fc.integer({ min: 0, max: 99 }).map((percent) => percent / 100), blow });

const blows: fc.Arbitrary<Plan["blows"]> = fc.record({
  create: disturbance,
  switch: disturbance,
  recreate: disturbance,
  destroy: disturbance,
  "up again": disturbance,
});

/** @example `planOf(17) // { layout: "home + store", blows: { create: …, recreate: { at: 0.41, blow: { what: "ssh" } }, … } }` */
export function planOf(seed: number): Plan {
  const [drawn] = fc.sample(blows, { seed, numRuns: 1 });
  if (!drawn) throw new Error(`no plan for seed ${seed}`);
  // Not drawn with the rest: the blows of a seed stay what they always were.
  return { layout: seed % 3 === 0 ? "home" : "home + store", blows: drawn };
}

export function describe({ at, blow: kind }: Disturbance): string {
  const where = `at ${Math.round(at * 100)} %`;
  if (kind.what === "api") return `${where}: API ${kind.how} x${kind.times}`;
  if (kind.what === "server") return `${where}: server ${kind.which} loses power`;
  return kind.what === "ssh" ? `${where}: ssh is cut` : `${where}: SIGKILL to the operator's process group`;
}
