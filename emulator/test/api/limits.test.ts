// Faults that last, actions that take long, and accounts that are full.
import { type ActionJson, Cloud, type ErrorJson } from "./support/cloud";

let cloud: Cloud;
beforeEach(async () => {
  cloud = await Cloud.start();
});
afterEach(() => cloud.stop());

const admin = (path: string, body: object): Promise<Response> =>
  fetch(cloud.emulator.adminUrl + path, { method: "POST", body: JSON.stringify(body) });

test.each([
  ["servers", "/servers", { server_type: "cx23", image: "debian-13" }],
  ["volumes", "/volumes", { size: 10, location: "fsn1" }],
  ["firewalls", "/firewalls", {}],
  ["primary_ips", "/primary_ips", { type: "ipv4", location: "fsn1" }],
  ["floating_ips", "/floating_ips", { type: "ipv4", home_location: "fsn1" }],
  ["networks", "/networks", { ip_range: "10.0.0.0/16" }],
  ["placement_groups", "/placement_groups", { type: "spread" }],
  ["load_balancers", "/load_balancers", { load_balancer_type: "lb11", location: "fsn1" }],
] as const)("an account's limit of %s is kept, and room is made by deleting or by a higher limit", async (resource, path, order) => {
  cloud.emulator.limits.set(resource, 1);
  await cloud.done("POST", path, { ...order, name: "first" });

  const reply = await cloud.ask<ErrorJson>("POST", path, { ...order, name: "second" });

  expect(reply).toMatchObject({ status: 403, body: { error: { code: "resource_limit_exceeded" } } });
  expect(reply.body.error.details).toEqual({ limits: [{ name: `${resource.slice(0, -1)}_limit` }] });
  expect(await cloud.refusal("POST", path, { ...order, name: 5 })).toBe("422 invalid_input");
  expect((await admin("/limits", { resource, most: 2 })).status).toBe(200);
  await cloud.done("POST", path, { ...order, name: "second" });
});

test("snapshots are limited too, and a limit can be lifted", async () => {
  const server = await cloud.newServer("web");
  cloud.emulator.limits.set("images", 0);
  const path = `/servers/${server.id}/actions/create_image`;
  expect(await cloud.refusal("POST", path)).toBe("403 resource_limit_exceeded");

  cloud.emulator.limits.set("images");

  expect(await cloud.refusal("POST", path)).toBe("201");
});

test("an outage of one kind of resource refuses all about it, and nothing else, until it ends", async () => {
  const volume = await cloud.newVolume("data");
  expect((await admin("/faults/outage", { resource: "volumes" })).status).toBe(200);

  expect(await cloud.refusal("GET", "/volumes")).toBe("503 unavailable");
  expect(await cloud.refusal("POST", `/volumes/${volume.id}/actions/resize`, { size: 20 })).toBe("503 unavailable");
  expect(await cloud.refusal("GET", "/servers")).toBe("200");
  expect(cloud.emulator.faults.list()).toMatchObject([{ kind: "outage", pattern: "volumes", status: 503 }]);

  expect((await admin("/faults/restore", { resource: "volumes" })).status).toBe(200);
  expect((await cloud.volume(volume.id)).size).toBe(10);
});

test("a slow action takes its time, and shows how far it got", async () => {
  const volume = await cloud.newVolume("data");
  const { clock } = cloud.emulator;
  await admin("/faults/slow-action", { command: "resize_volume", seconds: 100 });
  const begun = clock.now();
  const release = clock.hold(60_000);

  const { action } = await cloud.do<{ action: ActionJson }>("POST", `/volumes/${volume.id}/actions/resize`, { size: 20 });
  // Before time moves the action must have begun to wait, which it does after it was answered.
  await cloud.do("GET", "/volumes");
  await clock.advance(50_000);

  expect((await cloud.do<{ action: ActionJson }>("GET", `/actions/${action.id}`)).action).toMatchObject({
    status: "running",
    progress: 50,
  });
  release();
  await cloud.ended(action);
  expect(clock.now() - begun).toBe(100_000);
});

test("an action that is slow and fails, fails after it got on; orders that are not used can be taken back", async () => {
  const volume = await cloud.newVolume("data");
  const { clock, faults } = cloud.emulator;
  faults.slowAction("resize_volume", 100);
  faults.failAction("resize_volume", { code: "timeout" });
  faults.slowAction("resize_volume", 1000);
  const begun = clock.now();

  const { action } = await cloud.do<{ action: ActionJson }>("POST", `/volumes/${volume.id}/actions/resize`, { size: 20 });

  expect((await cloud.ended(action))[0]).toMatchObject({ status: "error", error: { code: "timeout" } });
  expect(clock.now() - begun).toBe(100_000);
  for (const { id } of faults.list()) faults.cancel(id);
  expect(faults.list()).toEqual([]);
  await cloud.act(`/volumes/${volume.id}`, "resize", { size: 20 });
  expect(clock.now() - begun).toBe(100_000);
});
