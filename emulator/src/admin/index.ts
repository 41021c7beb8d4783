// What only an emulator has, by HTTP, so that a test in any language can order faults and look behind the scenes. Outside of `/v1`.
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { validate } from "../api/route";
import { summarize } from "./summary";
import type { Host } from "../machines";
import { ApiError } from "../model/errors";
import type { Hold } from "../faults";
import type { World } from "../model/world";

export interface AdminOptions {
  world: World;
  loseServer: (id: number) => Promise<void>;
  /** Where there are any. */
  machines: Host | undefined;
}

const BASE = "/_emulator";
const pattern = z.string().min(1);
const times = z.int().min(1).optional();

const failNext = z.object({
  pattern,
  status: z.int().min(400).max(599),
  code: z.string(),
  message: z.string().optional(),
  details: z.unknown().optional(),
  times,
});
const failAction = z.object({ command: z.string(), code: z.string().optional(), message: z.string().optional(), times });
const unserved = z.object({ machine: z.string(), from: z.coerce.number().default(0), to: z.coerce.number().optional() });
const stock = z.object({ server_type: z.string(), location: z.string().optional(), available: z.boolean() });

export function adminRoutes(app: FastifyInstance, { world, loseServer, machines }: AdminOptions): void {
  const holds = new Map<string, Hold & { here: boolean }>();
  const { faults, clock, journal } = world;

  app.get(BASE, () => ({
    now: clock.now(),
    entries: journal.entries.length,
    violations: journal.violations().length,
    ssh_config: machines?.sshConfig ?? null,
    operator_bin: machines?.operatorBin ?? null,
    cloud: summarize(world),
  }));
  app.get(`${BASE}/clock`, () => ({ now: clock.now(), time: world.timestamp() }));
  app.post(`${BASE}/clock/advance`, async ({ body }) => {
    await clock.advance(validate(z.object({ ms: z.number().min(0) }), body).ms);
    return { now: clock.now() };
  });
  app.get<{ Querystring: { since?: string } }>(`${BASE}/journal`, ({ query }) => ({
    entries: journal.entries.slice(Number(query.since ?? 0)),
  }));

  app.get(`${BASE}/unserved`, ({ query }) => {
    const { machine, from, to } = validate(unserved, query);
    if (!machines) throw new ApiError(404, "not_found", "this emulator runs no machines");
    return { unserved: machines.served.unserved(machine, from, to ?? clock.now()), served: machines.served.isServed(machine) };
  });

  app.post(`${BASE}/faults/fail-next`, ({ body }) => {
    const { pattern, ...failure } = validate(failNext, body);
    faults.failNext(pattern, failure);
    return { ordered: pattern };
  });
  app.post(`${BASE}/faults/drop-response-next`, ({ body }) => {
    const order = validate(z.object({ pattern, times }), body);
    faults.dropResponseNext(order.pattern, order.times);
    return { ordered: order.pattern };
  });
  app.post(`${BASE}/faults/fail-action`, ({ body }) => {
    const { command, ...error } = validate(failAction, body);
    faults.failAction(command, error);
    return { ordered: command };
  });
  app.post(`${BASE}/faults/hold-next`, ({ body }) => {
    const order = validate(z.object({ pattern, after: z.boolean().optional() }), body);
    const hold = { ...faults.holdNext(order.pattern, order), here: false };
    const id = String(holds.size + 1);
    holds.set(id, hold);
    void hold.arrived.then(() => (hold.here = true));
    return { hold: id };
  });
  app.get<{ Params: { hold: string } }>(`${BASE}/faults/holds/:hold`, ({ params }) => ({ arrived: requireHold(params.hold).here }));
  app.post<{ Params: { hold: string } }>(`${BASE}/faults/holds/:hold/release`, ({ params }) => {
    requireHold(params.hold).release();
    return { released: params.hold };
  });
  app.delete(`${BASE}/faults`, () => {
    faults.clear();
    return { cleared: true };
  });
  app.post(`${BASE}/stock`, ({ body }) => {
    const { server_type, location, available } = validate(stock, body);
    world.stock.set(server_type, location, available);
    return { server_type, location, available };
  });

  const onServer: Record<string, (id: number) => Promise<void>> = {
    lose: loseServer,
    crash: (id) => world.host.crash(id),
    "drop-ssh": (id) => world.host.dropSsh(id),
  };
  for (const [name, act] of Object.entries(onServer)) {
    app.post<{ Params: { id: string } }>(`${BASE}/servers/:id/${name}`, async ({ params }) => {
      const id = Number(params.id);
      if (!world.findServer(id)) throw new ApiError(404, "not_found", `there is no server ${params.id}`);
      await act(id);
      return { [name]: id };
    });
  }

  function requireHold(id: string): Hold & { here: boolean } {
    const found = holds.get(id);
    if (!found) throw new ApiError(404, "not_found", `there is no hold ${id}`);
    return found;
  }
}
