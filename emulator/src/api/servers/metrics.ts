import { get, ok, type Route } from "../route";
import { metricsOf, type Shape } from "../metrics";
import { requireServer } from "./present";

const SERIES: Record<string, Record<string, Shape>> = {
  cpu: { cpu: { usual: 6, most: 60 } },
  disk: {
    "disk.0.iops.read": { usual: 2, most: 40 },
    "disk.0.iops.write": { usual: 5, most: 80 },
    "disk.0.bandwidth.read": { usual: 20_000, most: 900_000 },
    "disk.0.bandwidth.write": { usual: 60_000, most: 2_000_000 },
  },
  network: {
    "network.0.pps.in": { usual: 10, most: 300 },
    "network.0.pps.out": { usual: 9, most: 250 },
    "network.0.bandwidth.in": { usual: 4_000, most: 250_000 },
    "network.0.bandwidth.out": { usual: 6_000, most: 400_000 },
  },
};

export const metricsRoute: Route = get("/servers/:id/metrics", (call) => {
  const { id, created } = requireServer(call.project, call.id);
  return ok({ metrics: metricsOf(call, { id, created }, SERIES) });
});
