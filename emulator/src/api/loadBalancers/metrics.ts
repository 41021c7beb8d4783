import { get, ok, type Route } from "../route";
import { type Shape, metricsOf } from "../metrics";
import { requireLoadBalancer } from "./present";

const SERIES: Record<string, Record<string, Shape>> = {
  open_connections: { open_connections: { usual: 40, most: 120 } },
  connections_per_second: { connections_per_second: { usual: 8, most: 30 } },
  requests_per_second: { requests_per_second: { usual: 20, most: 90 } },
  bandwidth: { "bandwidth.in": { usual: 20_000, most: 90_000 }, "bandwidth.out": { usual: 150_000, most: 700_000 } },
};

export const metricsRoute: Route = get("/load_balancers/:id/metrics", (call) => {
  const { id, created } = requireLoadBalancer(call.project, call.id);
  return ok({ metrics: metricsOf(call, { id, created }, SERIES) });
});
