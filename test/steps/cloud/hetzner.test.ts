import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { HetznerApi } from "../../../steps/cloud/hetzner";

interface Answer {
  status: number;
  body?: unknown;
}

let server: Server;
let asked: IncomingMessage[];
let answers: (Answer | "drop")[];

beforeEach((done) => {
  asked = [];
  answers = [];
  server = createServer((request, response) => {
    asked.push(request);
    const answer = answers.shift() ?? { status: 500 };
    if (answer === "drop") {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(answer.body === undefined ? "not json" : JSON.stringify(answer.body));
  }).listen(0, "127.0.0.1", done);
});
afterEach((done) => {
  server.closeAllConnections();
  server.close(done);
});

function api(tries = 6): HetznerApi {
  const { port } = server.address() as AddressInfo;
  return new HetznerApi({ endpoint: `http://127.0.0.1:${port}/v1`, token: "secret-token", tries, pauseMs: 1 });
}

const error = (status: number, code: string): Answer => ({ status, body: { error: { code, message: `it is ${code}`, details: null } } });
const running: Answer = { status: 200, body: { server: { id: 1, name: "one", status: "running", more: {} } } };
const off: Answer = { status: 200, body: { server: { id: 1, name: "one", status: "off" } } };

test("a server that is not there is an answer, not an error", async () => {
  answers = [error(404, "not_found"), running];

  expect(await api().server(1)).toBeUndefined();
  expect(await api().server(1)).toMatchObject({ id: 1, status: "running" });
  expect(asked[0]?.headers.authorization).toBe("Bearer secret-token");
  expect(asked[0]?.url).toBe("/v1/servers/1");
});

test.each([
  error(423, "locked"),
  error(409, "conflict"),
  error(429, "rate_limit_exceeded"),
  error(503, "unavailable"),
  { status: 502 },
  "drop" as const,
])("what may be otherwise in a moment is asked again: %j", async (answer) => {
  answers = [answer, answer, running];

  expect(await api().server(1)).toBeDefined();
  expect(asked).toHaveLength(3);
});

test.each([
  error(401, "unauthorized"),
  error(403, "forbidden"),
  error(423, "protected"),
  error(404, "api_route"),
  error(422, "invalid_input"),
])("what stays as it is, is not asked again: %j", async (answer) => {
  answers = [answer, running];

  await expect(api().server(1)).rejects.toMatchObject({ name: "HetznerError", status: answer.status });
  expect(asked).toHaveLength(1);
});

test("the tries have an end, and the error says what was asked and answered, without the token", async () => {
  answers = Array.from({ length: 9 }, () => error(503, "unavailable"));

  const failure = await api(3)
    .shutdown(1)
    .catch((thrown: unknown) => String(thrown));

  expect(asked).toHaveLength(3);
  expect(failure).toContain("POST /servers/1/actions/shutdown with 503 unavailable: it is unavailable");
  expect(failure).not.toContain("secret-token");
});

test("off is waited for, and a server that is gone is off", async () => {
  answers = [running, running, off, error(404, "not_found"), running, running];

  expect(await api().waitUntilOff(1, 60_000)).toBe(true);
  expect(await api().waitUntilOff(1, 60_000)).toBe(true);
  expect(await api().waitUntilOff(1, 0)).toBe(false);
});

test("a token of today comes before the one that was recorded", async () => {
  process.env.HCLOUD_TOKEN = "today";
  try {
    const { port } = server.address() as AddressInfo;
    answers = [running];
    await HetznerApi.forStep({ endpoint: `http://127.0.0.1:${port}/v1`, token: "recorded" }).server(1);
    expect(asked[0]?.headers.authorization).toBe("Bearer today");
  } finally {
    delete process.env.HCLOUD_TOKEN;
  }
});
