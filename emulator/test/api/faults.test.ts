import { Cloud, type ActionJson, type ServerJson } from "./support/cloud";

let cloud: Cloud;
beforeEach(async () => {
  cloud = await Cloud.start();
});
afterEach(() => cloud.stop());

const key = (name: string): object => ({ name });

test("an ordered refusal hits the next request of its kind, has no effect, and is used up", async () => {
  const { faults } = cloud.emulator;
  faults.failNext("POST /firewalls", { status: 412, code: "resource_unavailable", message: "none left" });

  expect(await cloud.refusal("GET", "/firewalls")).toBe("200");
  expect(await cloud.ask("POST", "/firewalls", key("a"))).toMatchObject({
    status: 412,
    body: { error: { code: "resource_unavailable", message: "none left", details: null } },
  });
  expect(cloud.emulator.snapshot().firewalls).toEqual([]);
  expect(await cloud.refusal("POST", "/firewalls", key("a"))).toBe("201");
});

test("a refusal can be ordered several times, for one resource alone, or for whatever comes", async () => {
  const { faults } = cloud.emulator;
  const [a, b] = [await cloud.newServer("a"), await cloud.newServer("b")];
  const reboot = ({ id }: ServerJson): Promise<string> => cloud.refusal("POST", `/servers/${id}/actions/reboot`);

  faults.failNext(`POST /servers/${a.id}/actions/reboot`, { status: 500, code: "server_error" });
  expect([await reboot(b), await reboot(a)]).toEqual(["201", "500 server_error"]);

  await cloud.ended((await cloud.do<{ actions: ActionJson[] }>("GET", `/servers/${b.id}/actions?sort=id:desc`)).actions[0] ?? null);
  faults.failNext("POST /servers/:id/actions/reboot", { status: 423, code: "locked", times: 2 });
  expect([await reboot(a), await reboot(b), await reboot(a)]).toEqual(["423 locked", "423 locked", "201"]);

  faults.failNext("*", { status: 503, code: "unavailable" });
  expect(await cloud.refusal("GET", "/pricing")).toBe("503 unavailable");
});

test("a held request takes effect when it is released, others meanwhile", async () => {
  const hold = cloud.emulator.faults.holdNext("POST /firewalls");
  const held = cloud.do("POST", "/firewalls", key("held"));
  await hold.arrived;

  await cloud.do("POST", "/firewalls", key("meanwhile"));
  expect(cloud.emulator.snapshot().firewalls.map(({ name }) => name)).toEqual(["meanwhile"]);

  hold.release();
  await held;
  expect(cloud.emulator.snapshot().firewalls.map(({ name }) => name)).toEqual(["meanwhile", "held"]);
});

test("an answer can be held back after the request took effect", async () => {
  const hold = cloud.emulator.faults.holdNext("POST /firewalls", { after: true });
  const held = cloud.do("POST", "/firewalls", key("held"));
  await hold.arrived;

  expect(cloud.emulator.snapshot().firewalls.map(({ name }) => name)).toEqual(["held"]);
  hold.release();
  await held;
});

test("a lost answer: the connection dies, and the request has taken effect", async () => {
  cloud.emulator.faults.dropResponseNext("POST /firewalls");

  await expect(cloud.do("POST", "/firewalls", key("orphan"))).rejects.toThrow("fetch failed");

  expect(cloud.emulator.snapshot().firewalls.map(({ name }) => name)).toEqual(["orphan"]);
  expect(await cloud.refusal("POST", "/firewalls", key("orphan"))).toBe("409 uniqueness_error");
});

test("stopping the emulator lets go of what is held", async () => {
  const hold = cloud.emulator.faults.holdNext("GET /pricing");
  const held = cloud.ask("GET", "/pricing").catch(() => "cut off");
  await hold.arrived;

  await cloud.stop();

  await held;
  cloud = await Cloud.start();
});

test("a server that is lost is gone without an action of the customer's, with its addresses and firewalls", async () => {
  const volume = await cloud.newVolume("data");
  const server = await cloud.newServer("web", { volumes: [volume.id] });

  await cloud.emulator.loseServer(server.id);

  expect(await cloud.refusal("GET", `/servers/${server.id}`)).toBe("404 not_found");
  expect((await cloud.volume(volume.id)).server).toBeNull();
  expect(cloud.emulator.snapshot().primaryIps).toEqual([]);
  await expect(cloud.emulator.loseServer(server.id)).rejects.toThrow(`there is no server ${server.id}`);
});

test("the journal tells requests in order, with the route, the real path and the answer's status", async () => {
  const server = await cloud.newServer("web");
  const before = cloud.emulator.journal.entries.length;

  await cloud.refusal("DELETE", "/volumes/4711");
  await cloud.do("PUT", `/servers/${server.id}`, { labels: {} });

  expect(cloud.emulator.journal.entries.slice(before)).toMatchObject([
    { kind: "api", text: "DELETE /volumes/:id", path: "/volumes/4711", status: 404 },
    { kind: "api", text: "PUT /servers/:id", path: `/servers/${server.id}`, status: 200 },
  ]);
});

describe("by HTTP, outside of the API", () => {
  const admin = async (method: string, path: string, body?: object): Promise<{ status: number; body: AdminReply }> => {
    const response = await fetch(cloud.emulator.adminUrl + path, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    return { status: response.status, body: (await response.json()) as AdminReply };
  };

  test("faults are ordered without a token", async () => {
    await admin("POST", "/faults/fail-next", { pattern: "POST /servers", status: 412, code: "resource_unavailable" });
    await admin("POST", "/faults/fail-action", { command: "create_volume" });

    expect(await cloud.refusal("POST", "/servers", { name: "a", server_type: "cx23", image: "debian-13" })).toBe(
      "412 resource_unavailable",
    );
    await expect(cloud.newVolume("data")).rejects.toThrow("create_volume: action_failed");
  });

  test("a request is held, seen to have arrived, and released", async () => {
    const { hold } = (await admin("POST", "/faults/hold-next", { pattern: "POST /firewalls" })).body;
    const held = cloud.do("POST", "/firewalls", key("held"));
    while (!(await admin("GET", `/faults/holds/${hold}`)).body.arrived);

    expect(cloud.emulator.snapshot().firewalls).toEqual([]);
    await admin("POST", `/faults/holds/${hold}/release`);
    await held;
  });

  test("the journal is read from any point on, the clock is read and moved, stock is set, a server is lost", async () => {
    const server = await cloud.newServer("web");
    const { entries } = (await admin("GET", "")).body;

    await admin("POST", "/clock/advance", { ms: 1_500 });
    await admin("POST", "/stock", { server_type: "cx23", available: false });
    await admin("POST", `/servers/${server.id}/lose`);

    expect((await admin("GET", "/clock")).body).toMatchObject({ now: 1_500 });
    expect(await cloud.refusal("POST", "/servers", { name: "b", server_type: "cx23", image: "debian-13" })).toBe(
      "412 resource_unavailable",
    );
    expect((await admin("GET", `/journal?since=${String(entries)}`)).body.entries).toMatchObject([{ text: "POST /servers", status: 412 }]);
  });

  test("what is not understood is refused in words", async () => {
    expect((await admin("POST", "/faults/fail-next", { pattern: "POST /servers", status: 200 })).status).toBe(422);
    expect((await admin("POST", "/servers/4711/lose")).status).toBe(404);
    expect((await admin("GET", "/unserved?machine=x")).status).toBe(404);
  });
});

interface AdminReply {
  hold: string;
  arrived: boolean;
  entries: unknown;
  now: number;
}
