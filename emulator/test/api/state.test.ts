import { mkdtempSync, readFileSync, rmSync, writeFileSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ActionJson, Cloud } from "./support/cloud";

let folder: string;
let stateFile: string;
const clouds: Cloud[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hcloud-emulator-test-"));
  stateFile = join(folder, "state.json");
});
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(options: Parameters<typeof Cloud.start>[0] = {}): Promise<Cloud> {
  const cloud = await Cloud.start({ stateFile, ...options });
  clouds.push(cloud);
  return cloud;
}

const lists = ["/servers", "/volumes", "/primary_ips", "/firewalls", "/ssh_keys", "/certificates", "/load_balancers", "/zones"].concat([
  "/floating_ips",
  "/networks",
  "/placement_groups",
  "/images?type=snapshot",
  "/zones/example.com/rrsets",
]);
const everything = (cloud: Cloud): Promise<unknown[]> =>
  Promise.all(lists.map(async (path) => Object.entries((await cloud.ask<Record<string, unknown>>("GET", path)).body)[0]?.[1]));

async function oneOfTheOthers(cloud: Cloud, server: number): Promise<void> {
  const subnets = [{ type: "cloud", network_zone: "eu-central", ip_range: "10.0.0.0/24" }];
  type Made = { network: { id: number }; certificate: { id: number }; action: ActionJson };
  const { network } = await cloud.do<Made>("POST", "/networks", { name: "net", ip_range: "10.0.0.0/16", subnets });
  await cloud.done("POST", "/zones", { name: "example.com", mode: "primary" });
  const domains = { name: "web", type: "managed", domain_names: ["example.com"] };
  const { certificate } = await cloud.done<Made>("POST", "/certificates", domains);
  await cloud.done("POST", "/load_balancers", {
    name: "lb",
    load_balancer_type: "lb11",
    location: "fsn1",
    network: network.id,
    services: [{ protocol: "https", http: { certificates: [certificate.id] } }],
    targets: [{ type: "server", server: { id: server } }],
  });
  await cloud.done("POST", "/floating_ips", { name: "ip", type: "ipv4", server });
  await cloud.done("POST", "/placement_groups", { name: "group", type: "spread" });
  await cloud.act(`/servers/${server}`, "create_image");
}

test("what was there when the emulator stopped is there when it starts again, and numbers go on", async () => {
  const before = await start();
  const volume = await before.newVolume("data", { location: "fsn1", format: "ext4", labels: { a: "b" } });
  const server = await before.newServer("web", { volumes: [volume.id] });
  const off = await before.newServer("off", { start_after_create: false });
  await before.done("POST", "/firewalls", { name: "fw", apply_to: [{ type: "server", server: { id: server.id } }] });
  await oneOfTheOthers(before, server.id);
  const then = await everything(before);
  await before.stop();

  const after = await start();

  expect(await everything(after)).toEqual(then);
  expect((await after.server(off.id)).status).toBe("off");
  expect((await after.do<{ actions: ActionJson[] }>("GET", `/servers/${server.id}/actions`)).actions.length).toBeGreaterThan(0);
  expect((await after.newVolume("new")).id).toBeGreaterThan(off.id);
  await after.act(`/servers/${off.id}`, "poweron");
});

test("an answered change is in the file already: a kill loses nothing", async () => {
  const cloud = await start();
  await cloud.do("POST", "/firewalls", { name: "fw" });

  // As it lies there now, another emulator takes it up.
  const copy = join(folder, "copy.json");
  writeFileSync(copy, readFileSync(stateFile));
  const other = await start({ stateFile: copy });

  expect(other.emulator.snapshot().firewalls.map(({ name }) => name)).toEqual(["fw"]);
  expect(readdirSync(folder).filter((name) => name.endsWith(".new"))).toEqual([]);
});

test("what was under way is cut off: the action failed, and nothing is locked or half-made", async () => {
  const before = await start({ latencies: { attachVolume: 4, createVolume: 2, createServer: 10 } });
  const server = await before.newServer("web");
  const volume = await before.newVolume("data");
  before.emulator.clock.hold(60_000);
  const { action } = await before.do<{ action: ActionJson }>("POST", `/volumes/${volume.id}/actions/attach`, { server: server.id });
  await before.do("POST", "/volumes", { name: "half", size: 10, location: "fsn1" });
  await before.do("POST", "/servers", { name: "half", server_type: "cx23", image: "debian-13" });
  await before.stop();

  const after = await start();

  expect((await after.ended(action))[0]).toMatchObject({ status: "error", error: { code: "action_failed" } });
  expect(after.emulator.snapshot()).toMatchObject({
    servers: [{ name: "web", status: "running" }],
    volumes: [{ name: "data", server: null }],
  });
  await after.act(`/volumes/${volume.id}`, "attach", { server: server.id });
});

test("time does not go back between runs", async () => {
  const before = await start();
  await before.emulator.clock.advance(3_600_000);
  const first = await before.newVolume("first");
  await before.stop();

  const after = await start();

  const created = async (cloud: Cloud, id: number): Promise<string> =>
    (await cloud.do<{ volume: { created: string } }>("GET", `/volumes/${id}`)).volume.created;
  const second = await after.newVolume("second");
  expect(Date.parse(await created(after, second.id))).toBeGreaterThanOrEqual(Date.parse(await created(after, first.id)));
});

test.each([
  ["no JSON", "{", /is not JSON.*Nothing was changed/s],
  ["of another version", '{"version":2}', /this version of the emulator.*version/s],
  ["not of the right form", '{"version":1,"nextId":"x","time":0,"projects":{}}', /nextId/],
])("a state file that is %s is refused in words and left as it is", async (_what, text, words) => {
  writeFileSync(stateFile, text);

  await expect(start()).rejects.toThrow(words);

  expect(readFileSync(stateFile, "utf8")).toBe(text);
});
