import { Cloud } from "./support/cloud";

interface Metrics {
  start: string;
  end: string;
  step: number;
  time_series: Record<string, { values: [number, string][] }>;
}

let cloud: Cloud;
beforeEach(async () => {
  cloud = await Cloud.start();
});
afterEach(() => cloud.stop());

const HOUR_MS = 3_600_000;
const ask = async (path: string): Promise<Metrics> => (await cloud.do<{ metrics: Metrics }>("GET", path)).metrics;

/** A day of a server's life, from its creation. */
async function aDay(): Promise<{ path: string; start: string; end: string }> {
  const server = (await cloud.newServer("web")) as unknown as { id: number; created: string };
  await cloud.emulator.clock.advance(24 * HOUR_MS);
  const end = new Date(Date.parse(server.created) + 24 * HOUR_MS).toISOString();
  return { path: `/servers/${server.id}/metrics`, start: server.created, end };
}

test("a server's metrics are series of plausible values, the same whenever they are asked for", async () => {
  const { path, start, end } = await aDay();
  const query = `?type=cpu,network&type=disk&start=${start}&end=${end}`;

  const metrics = await ask(path + query);

  expect(Object.keys(metrics.time_series).sort()).toEqual(
    ["cpu", "disk.0.bandwidth.read", "disk.0.bandwidth.write", "disk.0.iops.read", "disk.0.iops.write"].concat([
      "network.0.bandwidth.in",
      "network.0.bandwidth.out",
      "network.0.pps.in",
      "network.0.pps.out",
    ]),
  );
  const cpu = metrics.time_series["cpu"]?.values ?? [];
  expect(cpu).toHaveLength(201);
  for (const [, value] of cpu) expect(Number(value)).toBeGreaterThanOrEqual(0);
  for (const [, value] of cpu) expect(Number(value)).toBeLessThanOrEqual(100);
  expect(new Set(cpu.map(([, value]) => value)).size).toBeGreaterThan(100);
  expect(await ask(path + query)).toEqual(metrics);
});

test("samples are so far apart as was asked for, and never more than 500", async () => {
  const { path, start, end } = await aDay();
  const samples = async (step: number): Promise<number> =>
    (await ask(`${path}?type=cpu&start=${start}&end=${end}&step=${step}`)).time_series["cpu"]?.values.length ?? 0;

  expect(await samples(3600)).toBe(25);
  expect(await samples(1)).toBeLessThanOrEqual(500);
  expect(await samples(1)).toBeGreaterThan(400);
});

test("there are none of before the server was there, nor of what is to come", async () => {
  const { path, start, end } = await aDay();
  const before = new Date(Date.parse(start) - HOUR_MS).toISOString();
  const after = new Date(Date.parse(end) + HOUR_MS).toISOString();

  const { values } = (await ask(`${path}?type=cpu&start=${before}&end=${after}&step=600`)).time_series["cpu"] ?? { values: [] };

  expect(values).not.toHaveLength(0);
  expect(Math.min(...values.map(([at]) => at)) * 1000).toBeGreaterThanOrEqual(Date.parse(start));
  expect(Math.max(...values.map(([at]) => at)) * 1000).toBeLessThanOrEqual(Date.parse(end) + 60_000);
});

test.each([
  ["", ["type", "start", "end"]],
  ["?type=heat&start=2026-01-01&end=2026-01-02", ["type"]],
  ["?type=cpu&start=then&end=2026-01-02", ["start"]],
  ["?type=cpu&start=2026-01-02&end=2026-01-01", ["end"]],
  ["?type=cpu&start=2026-01-01&end=2026-01-02&step=0", ["step"]],
])("asked for as '%s' they are refused by field", async (query, fields) => {
  const server = await cloud.newServer("web");
  expect(await cloud.wrongFields("GET", `/servers/${server.id}/metrics${query}`)).toEqual(fields);
});

test("a load balancer has its own", async () => {
  const order = { name: "lb", load_balancer_type: "lb11", location: "fsn1" };
  type Made = { load_balancer: { id: number; created: string }; action: never };
  const { load_balancer: made } = await cloud.done<Made>("POST", "/load_balancers", order);
  await cloud.emulator.clock.advance(HOUR_MS);
  const end = new Date(Date.parse(made.created) + HOUR_MS).toISOString();

  const metrics = await ask(
    `/load_balancers/${made.id}/metrics?type=bandwidth&type=open_connections&start=${made.created}&end=${end}&step=60`,
  );

  expect(Object.keys(metrics.time_series).sort()).toEqual(["bandwidth.in", "bandwidth.out", "open_connections"]);
  expect(metrics.time_series["open_connections"]?.values).toHaveLength(61);
});

test("a console is answered for as the API does: where, with which password, and an action", async () => {
  const server = await cloud.newServer("web");

  const answer = await cloud.act(`/servers/${server.id}`, "request_console");

  expect(answer).toMatchObject({ action: { command: "request_console" } });
  expect(answer).toHaveProperty("wss_url", expect.stringMatching(/^wss:\/\//));
  expect(answer).toHaveProperty("password", expect.stringMatching(/.{8}/));
});
