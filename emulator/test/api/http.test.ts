import { Cloud, type ErrorJson, TOKEN } from "./support/cloud";

let cloud: Cloud;
afterEach(() => cloud.stop());

test("every answer carries a correlation id, the rate limit and a JSON type; every refusal has details", async () => {
  cloud = await Cloud.start();

  for (const [method, path] of [
    ["GET", "/servers"],
    ["GET", "/servers/4711"],
    ["POST", "/servers"],
    ["GET", "/nowhere"],
    ["DELETE", "/pricing"],
  ] as const) {
    const { status, headers, body } = await cloud.ask<ErrorJson>(method, path);
    expect(headers.get("content-type")).toMatch(/^application\/json/);
    expect(headers.get("x-correlation-id")).toMatch(/^[0-9a-f]{16}$/);
    expect(headers.get("ratelimit-limit")).toBe("3600");
    expect(Number(headers.get("ratelimit-reset"))).toBeGreaterThan(1_700_000_000);
    if (status >= 400) expect(body.error).toHaveProperty("details");
  }
});

test("an unknown route is 404 for everybody, before the token is looked at; a wrong method is 401 or 405", async () => {
  cloud = await Cloud.start();

  expect(await cloud.ask("GET", "/nowhere", undefined, null)).toMatchObject({
    status: 404,
    body: { error: { message: "api route not found" } },
  });
  expect(await cloud.ask("PATCH", "/servers", undefined, null)).toMatchObject({
    status: 401,
    body: { error: { message: "token is required" } },
  });
  expect(await cloud.refusal("PATCH", "/servers")).toBe("405 method_not_allowed");
  expect(await cloud.refusal("QUERY", "/servers")).toBe("405 method_not_allowed");
  expect(await cloud.ask("GET", "/servers", undefined, null)).toMatchObject({ status: 401, body: { error: { code: "unauthorized" } } });
});

test("a body that is no JSON is 400, and one that is no object is 422", async () => {
  cloud = await Cloud.start();

  expect(await cloud.refusal("POST", "/servers", "{")).toBe("400 json_error");
  expect(await cloud.refusal("POST", "/servers", "[]")).toBe("422 invalid_input");
});

test("datacenters are gone", async () => {
  cloud = await Cloud.start();

  expect(await cloud.refusal("GET", "/datacenters")).toBe("410 deprecated_api_endpoint");
  expect(await cloud.refusal("GET", "/datacenters/1")).toBe("410 deprecated_api_endpoint");
});

test("where tokens are listed, each sees its own project, and one that may only read changes nothing", async () => {
  cloud = await Cloud.start({
    tokens: { [TOKEN]: { project: "a" }, other: { project: "b" }, reader: { project: "a", readOnly: true } },
  });
  await cloud.newServer("web");

  const names = async (token: string): Promise<string[]> =>
    (await cloud.ask<{ servers: { name: string }[] }>("GET", "/servers", undefined, token)).body.servers.map(({ name }) => name);
  expect(await names(TOKEN)).toEqual(["web"]);
  expect(await names("reader")).toEqual(["web"]);
  expect(await names("other")).toEqual([]);
  expect(await cloud.ask("GET", "/servers", undefined, "stranger")).toMatchObject({
    status: 401,
    body: { error: { code: "unauthorized", message: "the token you have provided is invalid" } },
  });
  expect(await cloud.ask("POST", "/ssh_keys", {}, "reader")).toMatchObject({ status: 401, body: { error: { code: "token_readonly" } } });
});

test("above its limit of requests a caller is refused, until time has passed", async () => {
  cloud = await Cloud.start({ rateLimit: 3 });
  const get = (): Promise<string> => cloud.refusal("GET", "/locations");

  expect([await get(), await get(), await get(), await get()]).toEqual(["200", "200", "200", "429 rate_limit_exceeded"]);

  await cloud.emulator.clock.advance(1_200_000);
  expect([await get(), await get()]).toEqual(["200", "429 rate_limit_exceeded"]);
});

test("the catalogue is in the shape of today: locations on types, no datacenter", async () => {
  cloud = await Cloud.start();
  await cloud.newServer("web");

  for (const path of ["/locations", "/server_types", "/images", "/isos", "/pricing", "/locations/1", "/server_types/114", "/isos/108512"]) {
    expect((await cloud.ask("GET", path)).status).toBe(200);
  }
  const { servers } = await cloud.do<{ servers: object[] }>("GET", "/servers");
  expect(servers[0]).not.toHaveProperty("datacenter");
  expect(servers[0]).toHaveProperty("location.name", "fsn1");
});

test("images are found by name and architecture, deprecated ones only on request", async () => {
  cloud = await Cloud.start();
  const find = async (query: string): Promise<object[]> => (await cloud.do<{ images: object[] }>("GET", `/images?${query}`)).images;

  expect(await find("name=debian-13")).toHaveLength(2);
  expect(await find("name=debian-13&architecture=arm")).toEqual([expect.objectContaining({ architecture: "arm", rapid_deploy: true })]);
  expect(await find("name=debian-11&architecture=x86")).toEqual([]);
  expect(await find("name=debian-11&architecture=x86&include_deprecated=true")).toHaveLength(1);
  expect(await find("type=app&type=snapshot")).toHaveLength(2);
});
