import { type ActionJson, Cloud } from "./support/cloud";

let cloud: Cloud;
beforeEach(async () => {
  cloud = await Cloud.start();
});
afterEach(() => cloud.stop());

describe("power", () => {
  test("is switched by poweroff and poweron", async () => {
    const { id } = await cloud.newServer("web");

    await cloud.act(`/servers/${id}`, "poweroff");
    expect((await cloud.server(id)).status).toBe("off");
    await cloud.act(`/servers/${id}`, "poweron");
    expect((await cloud.server(id)).status).toBe("running");
  });

  test("a shutdown succeeds when the signal is sent, and the machine is off later", async () => {
    await cloud.stop();
    cloud = await Cloud.start({ latencies: { cleanPowerOff: 8 } });
    const { id } = await cloud.newServer("web");

    // Before the signal is sent, or the time until the machine is off may pass before anybody looks.
    const hold = cloud.emulator.clock.hold(60_000);
    const { action } = await cloud.do<{ action: ActionJson }>("POST", `/servers/${id}/actions/shutdown`);
    const [ended] = await cloud.ended(action);
    expect(ended?.status).toBe("success");
    expect((await cloud.server(id)).status).toBe("running");

    hold();
    await cloud.emulator.clock.wait(9_000);
    expect((await cloud.server(id)).status).toBe("off");
  });

  test("follows what the machine does by itself", async () => {
    const { id } = await cloud.newServer("web");

    await cloud.emulator.host.powerOff(id);

    expect((await cloud.server(id)).status).toBe("off");
  });

  test("needs a network", async () => {
    const { id } = await cloud.newServer("web", { public_net: { enable_ipv4: false, enable_ipv6: false }, start_after_create: false });

    expect((await cloud.server(id)).status).toBe("off");
    expect(await cloud.refusal("POST", `/servers/${id}/actions/poweron`)).toBe("422 invalid_input");
  });
});

describe("changing the type", () => {
  test("needs a server that is off, and the API starts it again", async () => {
    const { id } = await cloud.newServer("web");
    const change = { server_type: "cx33", upgrade_disk: true };
    expect(await cloud.refusal("POST", `/servers/${id}/actions/change_type`, change)).toBe("422 server_not_stopped");

    await cloud.act(`/servers/${id}`, "poweroff");
    await cloud.act(`/servers/${id}`, "change_type", change);

    expect(await cloud.server(id)).toMatchObject({ status: "running", server_type: { name: "cx33" }, primary_disk_size: 80 });
  });

  test("keeps the disk where asked to, so that there is a way back, and never shrinks it", async () => {
    const { id } = await cloud.newServer("web", { start_after_create: false });

    await cloud.act(`/servers/${id}`, "change_type", { server_type: "cx33", upgrade_disk: false });
    expect((await cloud.server(id)).primary_disk_size).toBe(40);
    await cloud.act(`/servers/${id}`, "poweroff");
    await cloud.act(`/servers/${id}`, "change_type", { server_type: "cx23", upgrade_disk: false });
    await cloud.act(`/servers/${id}`, "poweroff");
    await cloud.act(`/servers/${id}`, "change_type", { server_type: "cx33", upgrade_disk: true });
    await cloud.act(`/servers/${id}`, "poweroff");

    const back = { server_type: "cx23", upgrade_disk: false };
    expect(await cloud.refusal("POST", `/servers/${id}/actions/change_type`, back)).toBe("422 invalid_server_type");
  });

  test.each([
    ["another architecture", "cax11", "422 invalid_server_type"],
    ["the same type", "cx23", "422 invalid_server_type"],
    ["a type that has come to its end here", "cpx21", "422 invalid_server_type"],
    ["an unknown type", "cx9000", "422 invalid_input"],
  ])("is refused for %s", async (_what, server_type, refusal) => {
    const { id } = await cloud.newServer("web", { start_after_create: false });

    expect(await cloud.refusal("POST", `/servers/${id}/actions/change_type`, { server_type, upgrade_disk: false })).toBe(refusal);
  });

  test("is refused when the type is sold out, and leaves the server as it was", async () => {
    const { id } = await cloud.newServer("web", { start_after_create: false });
    cloud.emulator.stock.set("cx33", undefined, false);

    expect(await cloud.refusal("POST", `/servers/${id}/actions/change_type`, { server_type: "cx33", upgrade_disk: false })).toBe(
      "412 resource_unavailable",
    );
    expect(await cloud.server(id)).toMatchObject({ status: "off", server_type: { name: "cx23" }, locked: false });
  });
});

test("a rebuild gives a server another image and starts it, with the same addresses", async () => {
  const before = await cloud.newServer("web");

  await cloud.act(`/servers/${before.id}`, "rebuild", { image: "ubuntu-24.04" });

  const after = await cloud.server(before.id);
  expect(after).toMatchObject({ status: "running", image: { name: "ubuntu-24.04" } });
  expect(after.public_net.ipv4).toEqual(before.public_net.ipv4);
});

test("protection keeps a server from being deleted and rebuilt until it is lifted", async () => {
  const { id } = await cloud.newServer("web");
  await cloud.act(`/servers/${id}`, "change_protection", { delete: true, rebuild: true });

  expect(await cloud.refusal("DELETE", `/servers/${id}`)).toBe("423 protected");
  expect(await cloud.refusal("POST", `/servers/${id}/actions/rebuild`, { image: "debian-13" })).toBe("423 protected");
  expect(await cloud.wrongFields("POST", `/servers/${id}/actions/change_protection`, { delete: false, rebuild: true })).toEqual([
    "rebuild",
  ]);

  await cloud.act(`/servers/${id}`, "change_protection", { delete: false, rebuild: false });
  await cloud.done("DELETE", `/servers/${id}`);
  expect(await cloud.refusal("GET", `/servers/${id}`)).toBe("404 not_found");
});

test("a server is renamed and relabelled, by itself and alone", async () => {
  const { id } = await cloud.newServer("web", { labels: { a: "b" } });
  await cloud.newServer("other");

  await cloud.do("PUT", `/servers/${id}`, { name: "www" });
  await cloud.do("PUT", `/servers/${id}`, { labels: { c: "d" } });

  expect(await cloud.server(id)).toMatchObject({ name: "www", labels: { c: "d" } });
  expect(await cloud.refusal("PUT", `/servers/${id}`, { name: "other" })).toBe("409 uniqueness_error");
});

test.each([
  ["enable_backup", undefined, { backup_window: "22-02" }],
  ["enable_rescue", { type: "linux64" }, { rescue_enabled: true }],
  ["attach_iso", { iso: "nixos-minimal-25.11-x86_64-linux.iso" }, { iso: { name: "nixos-minimal-25.11-x86_64-linux.iso" } }],
])("%s and its opposite are seen on the server", async (action, body, effect) => {
  const { id } = await cloud.newServer("web");
  const before = await cloud.server(id);

  await cloud.act(`/servers/${id}`, action, body);
  expect(await cloud.server(id)).toMatchObject(effect);
  await cloud.act(`/servers/${id}`, action.replace("enable", "disable").replace("attach", "detach"));

  expect(await cloud.server(id)).toEqual(before);
});
