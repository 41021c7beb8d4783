// What the program and its hooks ask Hetzner themselves, and in which words they give up.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { callCloud, existingVolumes } from "../../components/cloud";
import { type ApiEmulator, startEmulator } from "../../emulator/src";

const token = "t".repeat(64);
let cloud: ApiEmulator;
const patienceBefore = process.env["NIXOS_VPS_LIMIT_FACTOR"];

beforeAll(async () => {
  process.env["NIXOS_VPS_LIMIT_FACTOR"] = "0.01";
  cloud = await startEmulator({ machines: false, latencies: "instant" });
});
afterAll(async () => {
  await cloud.stop();
  if (patienceBefore === undefined) delete process.env["NIXOS_VPS_LIMIT_FACTOR"];
  else process.env["NIXOS_VPS_LIMIT_FACTOR"] = patienceBefore;
});

const access = () => ({ endpoint: cloud.url, token });

test.each([
  [503, "unavailable"],
  [429, "rate_limit_exceeded"],
  [423, "locked"],
  [409, "conflict"],
])("an answer that passes (%i) is asked for again", async (status, code) => {
  cloud.faults.failNext("GET /volumes", { status, code, times: 3 });

  expect(await existingVolumes(access(), "test")).toEqual([]);
});

test("what does not exist is no trouble", async () => {
  expect(await callCloud(access(), "GET", "/servers/1")).toBeUndefined();
});

test("an answer that does not pass ends it, and nothing is made on the strength of it", async () => {
  cloud.faults.failNext("GET /volumes", { status: 503, code: "unavailable", times: 100 });

  await expect(existingVolumes(access(), "test")).rejects.toThrow(
    /GET .volumes.* 503 unavailable.*nothing more was changed; run the same command/s,
  );
});

test("a token that is refused is said at once", async () => {
  await expect(existingVolumes({ endpoint: cloud.url, token: "" }, "test")).rejects.toThrow(
    /refuses the API token \(401\).*config set --secret/s,
  );
});

describe("somewhere else", () => {
  let page: Server;
  beforeAll(
    () =>
      new Promise<void>((resolve) => {
        page = createServer((_, response) => response.end("<html>hello</html>")).listen(0, "127.0.0.1", resolve);
      }),
  );
  afterAll(() => new Promise((resolve) => page.close(resolve)));

  test("a page in the place of the API is said in words", async () => {
    const endpoint = `http://127.0.0.1:${(page.address() as AddressInfo).port.toString()}/v1`;

    await expect(existingVolumes({ endpoint, token }, "test")).rejects.toThrow(/GET .volumes.* 200.*run the same command/s);
  });

  test("nobody there is said in words, with the address", async () => {
    await expect(existingVolumes({ endpoint: "http://127.0.0.1:1/v1", token }, "test")).rejects.toThrow(
      /did not answer.*check the network and hcloud:endpoint \(http:..127.0.0.1:1.v1\)/s,
    );
  });
});
