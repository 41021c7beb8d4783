import { type ActionJson, Cloud } from "./support/cloud";

let cloud: Cloud;
beforeEach(async () => {
  cloud = await Cloud.start({ latencies: { attachVolume: 4, detachVolume: 4, createVolume: 2 } });
});
afterEach(() => cloud.stop());

type Started = { action: ActionJson };

test("while an action runs on a server, others on it are refused as locked, and possible afterwards", async () => {
  const server = await cloud.newServer("web");
  const [a, b] = [await cloud.newVolume("a"), await cloud.newVolume("b")];
  const release = cloud.emulator.clock.hold(60_000);

  const { action } = await cloud.do<Started>("POST", `/volumes/${a.id}/actions/attach`, { server: server.id });

  expect((await cloud.server(server.id)).locked).toBe(true);
  for (const refused of [
    cloud.refusal("POST", `/volumes/${b.id}/actions/attach`, { server: server.id }),
    cloud.refusal("POST", "/volumes", { name: "c", size: 10, server: server.id }),
    cloud.refusal("POST", `/servers/${server.id}/actions/poweroff`),
    cloud.refusal("POST", `/servers/${server.id}/actions/change_protection`, { delete: true, rebuild: true }),
    cloud.refusal("DELETE", `/volumes/${a.id}`),
  ]) {
    expect(await refused).toBe("423 locked");
  }
  expect(cloud.emulator.snapshot().volumes.map(({ name }) => name)).toEqual(["a", "b"]);

  release();
  await cloud.ended(action);
  expect((await cloud.server(server.id)).locked).toBe(false);
  await cloud.act(`/volumes/${b.id}`, "attach", { server: server.id });
});

test("of two servers that reach for one volume at once, one gets it and the other is refused", async () => {
  const [a, b] = [await cloud.newServer("a"), await cloud.newServer("b")];
  const volume = await cloud.newVolume("data");

  const refusals = await Promise.all([a, b].map(({ id }) => cloud.refusal("POST", `/volumes/${volume.id}/actions/attach`, { server: id })));

  expect(refusals.sort()).toEqual(["201", "423 locked"]);
});

test("a volume that grows does not lock the server it is attached to", async () => {
  const server = await cloud.newServer("web");
  const volume = await cloud.newVolume("data", { server: server.id });
  const release = cloud.emulator.clock.hold(60_000);
  cloud.emulator.faults.clear();

  await cloud.do("POST", `/volumes/${volume.id}/actions/resize`, { size: 20 });

  expect((await cloud.server(server.id)).locked).toBe(false);
  release();
});

test("two servers are created from the same image at the same time", async () => {
  const servers = await Promise.all(["a", "b", "c"].map((name) => cloud.newServer(name)));

  expect(servers.map(({ status }) => status)).toEqual(["running", "running", "running"]);
});

test("labels and names can be changed while a server is locked", async () => {
  const server = await cloud.newServer("web");
  const volume = await cloud.newVolume("data");
  const release = cloud.emulator.clock.hold(60_000);
  await cloud.do("POST", `/volumes/${volume.id}/actions/attach`, { server: server.id });

  await cloud.do("PUT", `/servers/${server.id}`, { labels: { x: "y" } });

  expect(await cloud.server(server.id)).toMatchObject({ locked: true, labels: { x: "y" } });
  release();
});
