// What can be wrong with a machine's health checks, and what right ones become.
import { spawnSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { healthCommand } from "../../components/healthCommand";
import { parseConfig } from "../../config";
import { healthFacts } from "../../steps/facts";
import { context, type Mistake, expectOnly, withMachine } from "./support";

const AT = "nixos-vps:machines.devserver.healthChecks";
const checks = (healthChecks: unknown) => withMachine({ healthChecks });

const mistakes: Mistake[] = [
  ["a list of checks", checks([{ tcp: 80 }]), AT, /health checks by name/],
  ["a name with a capital", checks({ Web: { tcp: 80 } }), `${AT}.Web`, /lower-case/],
  ["a check that is only an address", checks({ web: "http://localhost/" }), `${AT}.web`, /a health check, e\.g\./],
  ["a check of nothing", checks({ web: {} }), `${AT}.web`, /must say what to look at: one of http, tcp and command/],
  ["a check of two things", checks({ web: { http: "http://localhost/", tcp: 80 } }), `${AT}.web`, /has http and tcp\. Make two checks/],
  ["a misspelt key", checks({ web: { htttp: "http://localhost/" } }), `${AT}.web.htttp`, /mean http\?/],
  ["an address without a scheme", checks({ web: { http: "localhost:80" } }), `${AT}.web.http`, /a web address/],
  ["an address that ends its quotes", checks({ web: { http: "http://localhost/\n" } }), `${AT}.web.http`, /a web address/],
  ["a status of no HTTP", checks({ web: { http: "http://localhost/", status: 700 } }), `${AT}.web.status`, /100 to 599/],
  ["a status without http", checks({ web: { tcp: 80, status: 200 } }), `${AT}.web.status`, /with http only/],
  ["a port beyond the last", checks({ db: { tcp: 65536 } }), `${AT}.db.tcp`, /1 to 65535/],
  ["a port in quotes", checks({ db: { tcp: "5432" } }), `${AT}.db.tcp`, /Take the quotes away/],
  ["an empty command", checks({ x: { command: " " } }), `${AT}.x.command`, /one line for bash/],
  ["a command of two lines", checks({ x: { command: "true\ntrue" } }), `${AT}.x.command`, /one line for bash/],
  ["a secret in a command", checks({ x: { command: { secure: "v1:abc" } } }), `${AT}.x.command`, /is marked `secure:`/],
  ["no time at all", checks({ x: { command: "true", limit: 0 } }), `${AT}.x.limit`, /from 1 to 180/],
  [
    "more time together than a switch has",
    checks({ x: { command: "true", limit: 100 }, y: { command: "true", limit: 81 } }),
    AT,
    /180 s together, but their limits are 181 s/,
  ],
];

test.each(mistakes)("%s is refused at its place", expectOnly);

test("what is left out is written out, and is right in the facts", () => {
  const [machine] = parseConfig(checks({ web: { http: "http://localhost/it's" }, db: { tcp: 5432, limit: 5 } }), context).machines;

  expect(machine?.healthChecks).toEqual([
    { name: "web", http: "http://localhost/it's", status: 200, limit: 30 },
    { name: "db", tcp: 5432, status: 200, limit: 5 },
  ]);
  for (const check of machine?.healthChecks ?? []) expect(healthFacts.safeParse(healthCommand(check)).error).toBeUndefined();
});

describe("on a machine", () => {
  let server: Server;
  let port: number;
  beforeAll(async () => {
    server = createServer((request, response) => {
      response.statusCode = request.url === "/it's?a=$HOME" ? 204 : 503;
      response.end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  /** Not `spawnSync`: this process has to answer. */
  const run = async (check: object): Promise<{ code: number | null; words: string }> => {
    const { command } = healthCommand({ name: "x", status: 200, limit: 1, ...check });
    const { spawn } = await import("node:child_process");
    const child = spawn("bash", ["-c", command], { stdio: ["ignore", "pipe", "pipe"] });
    let words = "";
    child.stdout.on("data", (more: Buffer) => (words += more.toString()));
    await once(child, "close");
    return { code: child.exitCode, words: words.trim() };
  };
  const needsCurl = spawnSync("curl", ["--version"]).status === 0 ? test : test.skip;

  needsCurl("an address passes with its status alone, and the words say which one came instead", async () => {
    expect(await run({ http: `http://127.0.0.1:${port}/it's?a=$HOME`, status: 204 })).toEqual({ code: 0, words: "" });
    expect(await run({ http: `http://127.0.0.1:${port}/` })).toEqual({ code: 1, words: "HTTP status 503 instead of 200" });
  });

  test("a port passes when it takes connections, else the words name it", async () => {
    expect(await run({ tcp: port })).toEqual({ code: 0, words: "" });
    expect(await run({ tcp: 1 })).toEqual({ code: 1, words: "port 1 takes no connection" });
  });
});
