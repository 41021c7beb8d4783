// What the page is fed with, and who is kept from it.
import { request } from "node:http";
import { Cloud } from "../api/support/cloud";
import { Feed } from "./support/feed";

let cloud: Cloud;
let feed: Feed;
beforeEach(async () => {
  cloud = await Cloud.start();
  feed = await Feed.open(cloud.emulator.adminUrl);
});
afterEach(async () => {
  feed.close();
  await cloud.stop();
});

interface Named {
  name: string;
}
interface Summary {
  n: number;
  method: string;
  url: string;
  status: number | null;
  state: string;
}

const serverOrder = { name: "web", server_type: "cx23", image: "debian-13", location: "fsn1" };

async function lastRequest(url: string, state = "answered"): Promise<Summary> {
  const seen = await feed.until<Summary[]>("requests", (requests) => requests.some((each) => each.url === url && each.state === state));
  const found = seen.findLast((each) => each.url === url);
  if (!found) throw new Error(`no request to ${url}`);
  return found;
}

async function details(n: number): Promise<unknown> {
  return (await fetch(`${cloud.emulator.adminUrl}/requests/${n}`)).json();
}

test("tells first what there is, then each part again that has changed", async () => {
  expect((await feed.next())?.name).toBe("about");
  expect(await feed.until("servers")).toEqual([]);

  await cloud.newServer("web");

  const [server] = await feed.until<(Named & { status: string })[]>("servers", (servers) => servers[0]?.status === "running");
  expect(server).toMatchObject({ name: "web", type: "cx23", location: "fsn1", image: "debian-13", volumes: [], machine: null });
});

test("shows changes that came by no request at all", async () => {
  cloud.emulator.faults.failAction("create_volume");
  cloud.emulator.stock.set("cx23", "fsn1", false);

  const { orders } = await feed.until<{ orders: unknown; soldOut: unknown[] }>("faults", ({ soldOut }) => soldOut.length === 1);
  expect(orders).toMatchObject([{ kind: "failAction", pattern: "create_volume" }]);
});

test("names what an action is at work on", async () => {
  const server = await cloud.newServer("web");
  const volume = await cloud.newVolume("data");
  await cloud.act(`/volumes/${volume.id}`, "attach", { server: server.id });

  const actions = await feed.until<{ command: string; status: string; of: string[] }[]>("actions", (all) =>
    all.some(({ command, status }) => command === "attach_volume" && status === "success"),
  );
  const attach = actions.find(({ command }) => command === "attach_volume");
  expect(attach?.of.toSorted()).toEqual(["server web", "volume data"]);
  expect(actions.find(({ command }) => command === "create_server")?.of).toContain("image debian-13");
});

test("a request is seen while it waits, and its answer when it has come", async () => {
  const hold = cloud.emulator.faults.holdNext("POST /firewalls");
  const held = cloud.do("POST", "/firewalls", { name: "fw" });
  const { n } = await lastRequest("/firewalls", "waiting");

  hold.release();
  await held;

  expect(await lastRequest("/firewalls")).toMatchObject({ n, method: "POST", status: 201 });
});

test("a request whose answer was lost says so, and what it did is still to be seen", async () => {
  cloud.emulator.faults.dropResponseNext("POST /firewalls");
  await expect(cloud.do("POST", "/firewalls", { name: "fw" })).rejects.toThrow("fetch failed");

  const { n, status } = await lastRequest("/firewalls", "cut");
  expect(status).toBeNull();
  expect(await details(n)).toMatchObject({ request: { name: "fw" } });
});

test("a request that was refused for coming too often is seen too", async () => {
  const limited = await Cloud.start({ rateLimit: 1, timeScale: 1 });
  const other = await Feed.open(limited.emulator.adminUrl);
  try {
    await limited.do("GET", "/locations");
    expect(await limited.refusal("GET", "/pricing")).toBe("429 rate_limit_exceeded");

    const seen = await other.until<Summary[]>("requests", (requests) =>
      requests.some(({ url, state }) => url === "/pricing" && state === "answered"),
    );
    expect(seen.find(({ url }) => url === "/pricing")).toMatchObject({ status: 429 });
  } finally {
    other.close();
    await limited.stop();
  }
});

test("polling does not push out what changed something, and not everything is kept for ever", async () => {
  await cloud.do("POST", "/firewalls", { name: "fw" });
  for (let n = 0; n < 150; n++) await cloud.do("GET", "/locations");

  const late = await Feed.open(cloud.emulator.adminUrl);
  const kept = await late.until<Summary[]>("requests");
  late.close();

  expect(kept.filter(({ method }) => method === "POST")).toHaveLength(1);
  expect(kept.filter(({ method }) => method === "GET")).toHaveLength(100);
  expect((await fetch(`${cloud.emulator.adminUrl}/requests/2`)).status).toBe(404);
});

test("no secret is told, whatever it is called", async () => {
  const key = "-----BEGIN PRIVATE KEY-----\nsecret-key\n-----END PRIVATE KEY-----";
  await cloud.newServer("web", { user_data: "#cloud-config secret-user-data", labels: { note: "plain" } });
  const { n } = await lastRequest("/servers");
  await cloud.refusal("POST", "/servers?access_token=secret-query", {
    ...serverOrder,
    name: key,
    password: "secret-password",
    more: [{ api_token: "secret-token" }],
  });
  const refused = await lastRequest("/servers?access_token=(not shown)");

  const told = JSON.stringify([await details(n), await details(refused.n)]);
  expect(told).toContain("plain");
  expect(told).toContain(`"root_password":"(not shown)"`);
  expect(told).not.toContain("secret");
  expect(told).not.toContain("a".repeat(64));
});

test("an order is switched off by its number, once", async () => {
  cloud.emulator.faults.failNext("*", { status: 500, code: "server_error" });
  const hold = cloud.emulator.faults.holdNext("POST /firewalls");
  const [first, second] = cloud.emulator.faults.list();
  const off = async (id?: number): Promise<number> =>
    (await fetch(`${cloud.emulator.adminUrl}/faults/${String(id)}`, { method: "DELETE" })).status;

  expect(await off(first?.id)).toBe(200);
  expect(await off(first?.id)).toBe(404);
  const held = cloud.do("POST", "/firewalls", { name: "fw" });
  await hold.arrived;
  expect(cloud.emulator.faults.list()).toMatchObject([{ kind: "hold", arrived: true }]);
  expect(await off(second?.id)).toBe(200);

  await held;
  expect(cloud.emulator.faults.list()).toEqual([]);
});

test("stopping the emulator ends the feed", async () => {
  await feed.next();
  await cloud.stop();

  while (await feed.next().catch(() => undefined)) continue;
  cloud = await Cloud.start();
});

describe("who is kept out", () => {
  const bad = { order: `{"pattern":"*","status":500,"code":"server_error"}` };

  /** With headers that `fetch` does not let anybody set. */
  function send(method: string, path: string, headers: Record<string, string>, body = ""): Promise<number> {
    const { port } = new URL(cloud.emulator.url);
    return new Promise((resolve, reject) => {
      const sent = request({ host: "127.0.0.1", port, method, path, headers }, (response) => {
        resolve(response.statusCode ?? 0);
        response.destroy();
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }

  test.each(["http://evil.example", "http://127.0.0.1:1", "null"])("a page of %s orders no fault", async (origin) => {
    const { host } = new URL(cloud.emulator.url);

    expect(await send("POST", "/_emulator/faults/fail-next", { host, origin, "content-type": "text/plain" }, bad.order)).toBe(403);

    expect(cloud.emulator.faults.list()).toEqual([]);
  });

  test("the emulator's own page orders one", async () => {
    const { host, origin } = new URL(cloud.emulator.url);

    expect(await send("POST", "/_emulator/faults/fail-next", { host, origin }, bad.order)).toBe(200);
  });

  test.each([
    ["evil.example", 403],
    ["127.0.0.1.evil.example:80", 403],
    ["localhost:8080", 200],
    ["[::1]:8080", 200],
    ["192.168.1.5", 200],
    ["emulator:8080", 200],
    ["cloud.localhost", 200],
  ])("under the name %s everything answers %d", async (host, status) => {
    const headers = { host, authorization: "Bearer x" };

    expect(await Promise.all(["/", "/_emulator", "/_emulator/events", "/v1/servers"].map((path) => send("GET", path, headers)))).toEqual(
      Array(4).fill(status),
    );
  });

  test("a name may be allowed", async () => {
    await cloud.stop();
    cloud = await Cloud.start({ allowedHosts: ["Cloud.example.org"] });

    expect(await send("GET", "/", { host: "cloud.example.org:8080" })).toBe(200);
    expect(await send("GET", "/", { host: "example.org" })).toBe(403);
  });

  test("the page may load nothing from elsewhere, and be in no frame", async () => {
    const { headers } = await fetch(new URL("/", cloud.emulator.url));

    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|http|\*/);
  });
});
