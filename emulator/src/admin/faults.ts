// Faults by HTTP.
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { validate } from "../api/route";
import type { Hold } from "../faults";
import { ApiError } from "../model/errors";
import { LIMITED } from "../model/limits";
import type { World } from "../model/world";

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
const failAction = z.object({ command: z.string().min(1), code: z.string().optional(), message: z.string().optional(), times });
const slowAction = z.object({ command: z.string().min(1), seconds: z.number().min(0), times });
const resource = z.string().min(1);
const outage = z.object({
  resource,
  status: z.int().min(400).max(599).optional(),
  code: z.string().optional(),
  message: z.string().optional(),
});
/** `most` null or left out for no limit. */
const limit = z.object({ resource: z.enum(LIMITED), most: z.int().min(0).nullish() });
const stock = z.object({ server_type: z.string().min(1), location: z.string().optional(), available: z.boolean() });

/** Below `base`: `/faults`, `/limits` and `/stock`. */
export function faultRoutes(app: FastifyInstance, base: string, world: World): void {
  const { faults } = world;
  const holds = new Map<string, Hold & { here: boolean }>();

  app.get(`${base}/faults`, () => ({ orders: faults.list() }));
  app.post(`${base}/faults/fail-next`, ({ body }) => {
    const { pattern, ...failure } = validate(failNext, body);
    faults.failNext(pattern, failure);
    return { ordered: pattern };
  });
  app.post(`${base}/faults/drop-response-next`, ({ body }) => {
    const order = validate(z.object({ pattern, times }), body);
    faults.dropResponseNext(order.pattern, order.times);
    return { ordered: order.pattern };
  });
  app.post(`${base}/faults/fail-action`, ({ body }) => {
    const { command, ...error } = validate(failAction, body);
    faults.failAction(command, error);
    return { ordered: command };
  });
  app.post(`${base}/faults/slow-action`, ({ body }) => {
    const { command, seconds, times: count } = validate(slowAction, body);
    faults.slowAction(command, seconds, count);
    return { ordered: command };
  });
  app.post(`${base}/faults/outage`, ({ body }) => {
    const { resource: of, ...failure } = validate(outage, body);
    faults.outage(of, failure);
    return { ordered: of };
  });
  app.post(`${base}/faults/restore`, ({ body }) => {
    const { resource: of } = validate(z.object({ resource }), body);
    faults.restore(of);
    return { restored: of };
  });
  app.post(`${base}/faults/hold-next`, ({ body }) => {
    const order = validate(z.object({ pattern, after: z.boolean().optional() }), body);
    const hold = { ...faults.holdNext(order.pattern, order), here: false };
    const id = String(holds.size + 1);
    holds.set(id, hold);
    void hold.arrived.then(() => (hold.here = true));
    return { hold: id };
  });
  app.get<{ Params: { hold: string } }>(`${base}/faults/holds/:hold`, ({ params }) => ({ arrived: requireHold(params.hold).here }));
  app.post<{ Params: { hold: string } }>(`${base}/faults/holds/:hold/release`, ({ params }) => {
    requireHold(params.hold).release();
    return { released: params.hold };
  });
  app.delete<{ Params: { id: string } }>(`${base}/faults/:id`, ({ params }) => {
    if (!faults.cancel(Number(params.id))) throw new ApiError(404, "not_found", `there is no order ${params.id}`);
    return { cancelled: Number(params.id) };
  });
  app.delete(`${base}/faults`, () => {
    faults.clear();
    return { cleared: true };
  });

  app.post(`${base}/limits`, ({ body }) => {
    const { resource: of, most } = validate(limit, body);
    world.limits.set(of, most ?? undefined);
    return { resource: of, most: most ?? null };
  });
  app.post(`${base}/stock`, ({ body }) => {
    const { server_type, location, available } = validate(stock, body);
    world.stock.set(server_type, location, available);
    return { server_type, location, available };
  });

  function requireHold(id: string): Hold & { here: boolean } {
    const found = holds.get(id);
    if (!found) throw new ApiError(404, "not_found", `there is no hold ${id}`);
    return found;
  }
}
