import { type ActionJson, Cloud } from "./support/cloud";

let cloud: Cloud;
afterEach(() => cloud.stop());

type Started = { action: ActionJson };

test("an action takes its time on the clock, says how far it is, and takes effect at its end", async () => {
  cloud = await Cloud.start({ latencies: { attachVolume: 4 } });
  const { clock } = cloud.emulator;
  const server = await cloud.newServer("web");
  const volume = await cloud.newVolume("data");
  const release = clock.hold(60_000);
  const { action } = await cloud.do<Started>("POST", `/volumes/${volume.id}/actions/attach`, { server: server.id });
  const now = async (): Promise<ActionJson> => (await cloud.do<Started>("GET", `/actions/${action.id}`)).action;
  expect(action).toMatchObject({ status: "running", progress: 0, finished: null, error: null });

  await clock.advance(3_000);
  expect(await now()).toMatchObject({ status: "running", progress: 75, finished: null });
  expect((await cloud.volume(volume.id)).server).toBeNull();

  await clock.advance(1_000);
  await cloud.ended(action);
  expect(await now()).toMatchObject({ status: "success", progress: 100, finished: expect.any(String) as string });
  expect((await cloud.volume(volume.id)).server).toBe(server.id);
  release();
});

test("what follows another action begins when that is over, and both are there from the beginning", async () => {
  cloud = await Cloud.start({ latencies: { createServer: 10 } });
  const release = cloud.emulator.clock.hold(60_000);
  const { action, next_actions } = await cloud.do<Started & { next_actions: ActionJson[] }>("POST", "/servers", {
    name: "web",
    server_type: "cx23",
    image: "debian-13",
  });

  await cloud.emulator.clock.advance(9_000);
  const both = `/actions?id=${action.id}&id=${next_actions[0]?.id ?? 0}`;
  expect((await cloud.do<{ actions: ActionJson[] }>("GET", both)).actions.map(({ status }) => status)).toEqual(["running", "running"]);

  release();
  expect((await cloud.ended(action, ...next_actions)).map(({ status }) => status)).toEqual(["success", "success"]);
});

test("an ordered failure ends an action in error without effect, once, and those that follow fail too", async () => {
  cloud = await Cloud.start();
  const volume = await cloud.newVolume("data");
  cloud.emulator.faults.failAction("attach_volume", { code: "timeout", message: "no answer from the hypervisor" });

  const reply = await cloud.do<Started & { next_actions: ActionJson[]; server: { id: number } }>("POST", "/servers", {
    name: "web",
    server_type: "cx23",
    image: "debian-13",
    location: "fsn1",
    volumes: [volume.id],
  });

  const ended = await cloud.ended(reply.action, ...reply.next_actions);
  expect(ended.map(({ command, status, error }) => [command, status, error?.code])).toEqual([
    ["create_server", "success", undefined],
    ["attach_volume", "error", "timeout"],
    ["start_server", "error", "action_failed"],
  ]);
  expect(await cloud.server(reply.server.id)).toMatchObject({ status: "off", volumes: [], locked: false });
  await cloud.act(`/volumes/${volume.id}`, "attach", { server: reply.server.id });
});

test("a failed change of type leaves a server that is off, with the type it had", async () => {
  cloud = await Cloud.start();
  const server = await cloud.newServer("web", { start_after_create: false });
  cloud.emulator.faults.failAction("change_server_type");

  const { action } = await cloud.do<Started>("POST", `/servers/${server.id}/actions/change_type`, {
    server_type: "cx33",
    upgrade_disk: true,
  });

  expect((await cloud.ended(action))[0]?.status).toBe("error");
  expect(await cloud.server(server.id)).toMatchObject({
    status: "off",
    server_type: { name: "cx23" },
    primary_disk_size: 40,
    locked: false,
  });
});

test("actions are found by resource, and only there", async () => {
  cloud = await Cloud.start();
  const [a, b] = [await cloud.newServer("a"), await cloud.newServer("b")];
  await cloud.act(`/servers/${a.id}`, "reboot");
  const commands = async (path: string): Promise<string[]> =>
    (await cloud.do<{ actions: ActionJson[] }>("GET", path)).actions.map(({ command }) => command);

  expect(await commands(`/servers/${a.id}/actions?sort=id`)).toEqual(["create_server", "start_server", "reboot_server"]);
  expect(await commands(`/servers/${b.id}/actions?sort=command:desc`)).toEqual(["start_server", "create_server"]);
  expect(await commands("/servers/actions?status=running")).toEqual([]);
  const { actions } = await cloud.do<{ actions: ActionJson[] }>("GET", `/servers/${a.id}/actions`);
  const one = actions[0]?.id ?? 0;
  expect(await cloud.refusal("GET", `/servers/${a.id}/actions/${one}`)).toBe("200");
  expect(await cloud.refusal("GET", `/servers/${b.id}/actions/${one}`)).toBe("404 not_found");
  expect(await cloud.refusal("GET", `/volumes/actions/${one}`)).toBe("404 not_found");
  expect(await cloud.refusal("GET", "/actions/4711")).toBe("404 not_found");
});

test("listing all actions of a project is gone; asking for unknown ones gives none of them", async () => {
  cloud = await Cloud.start();

  expect(await cloud.refusal("GET", "/actions")).toBe("410 deprecated_api_endpoint");
  expect((await cloud.do<{ actions: ActionJson[] }>("GET", "/actions?id=4711")).actions).toEqual([]);
});
