import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const COMMAND = join(__dirname, "../../bin/hcloud-emulator.js");

let folder: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hcloud-emulator-test-"));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

function run(...args: string[]): { child: ChildProcess; firstLine: Promise<string>; errors: () => string; over: Promise<unknown[]> } {
  const child = spawn(process.execPath, [COMMAND, "--no-machines", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  let out = "";
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const firstLine = new Promise<string>((resolve) => {
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString();
      if (out.includes("\n")) resolve(out.split("\n")[0] ?? "");
    });
  });
  return { child, firstLine, errors: () => errors, over: once(child, "exit") };
}

const headers = { authorization: "Bearer anything" };

test.each(["SIGINT", "SIGTERM"] as const)(
  "prints its address, answers there, and ends well on %s",
  async (signal) => {
    const { child, firstLine, errors, over } = run("--port", "0");
    const url = await firstLine;
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    expect((await fetch(`${url}/servers`, { headers })).status).toBe(200);

    child.kill(signal);

    expect(await over).toEqual([0, null]);
    expect(errors()).toBe("");
  },
  30_000,
);

test("keeps its state in a file across a kill -9", async () => {
  const state = join(folder, "state.json");
  const first = run("--state", state);
  const url = await first.firstLine;
  const reply = await fetch(`${url}/firewalls`, { method: "POST", headers, body: JSON.stringify({ name: "fw" }) });
  expect(reply.status).toBe(201);
  first.child.kill("SIGKILL");
  await first.over;

  const second = run("--state", state);
  const { firewalls } = (await (await fetch(`${await second.firstLine}/firewalls`, { headers })).json()) as {
    firewalls: { name: string }[];
  };

  expect(firewalls.map(({ name }) => name)).toEqual(["fw"]);
  expect(existsSync(`${state}.new`)).toBe(false);
});

test.each([
  [["--latencies", "slow"], /must be one of instant, realistic/],
  [["--port", "99999"], /0 to 65535/],
  [["--host", "192.0.2.1"], /192\.0\.2\.1 is no address of this computer\. Nothing was started/],
  [["--time-scale", "0"], /above 0/],
  [["--nonsense"], /unknown option/],
])(
  "%j is refused in words",
  async (args, words) => {
    const { over, errors } = run(...args);

    expect((await over)[0]).toBe(1);
    expect(errors()).toMatch(words);
  },
  30_000,
);

test("a port that is taken is named, with what to do", async () => {
  const { port } = new URL(await run("--port", "0").firstLine);

  const { over, errors } = run("--port", port);

  expect((await over)[0]).toBe(1);
  expect(errors()).toBe(
    `hcloud-emulator: port ${port} of 127.0.0.1 is taken by another program. Nothing was started. Give another port, or 0 for a free one.\n`,
  );
});

test("a damaged state file is refused in words, and stays as it is", async () => {
  const state = join(folder, "state.json");
  writeFileSync(state, '{"version": 1, ');

  const { over, errors } = run("--state", state);

  expect((await over)[0]).toBe(1);
  expect(errors()).toContain(`${state} is not a state file of the emulator: it is not JSON. Nothing was changed.`);
  expect(errors()).not.toContain("    at ");
  expect(readFileSync(state, "utf8")).toBe('{"version": 1, ');
});

test("tells a script in one line of JSON where it is", async () => {
  const { child, firstLine } = run("--json");

  const said = JSON.parse(await firstLine) as { url: string; pageUrl: string; adminUrl: string; pid: number };

  expect(said.pid).toBe(child.pid);
  expect(said.url).toBe(`${said.pageUrl}v1`);
  expect((await fetch(said.pageUrl)).headers.get("content-type")).toContain("text/html");
  expect((await fetch(`${said.adminUrl}/clock`)).status).toBe(200);
});

test("--host says where to listen, and the address that is printed is one to reach it by", async () => {
  const { firstLine } = run("--host", "0.0.0.0");

  const url = await firstLine;

  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
  expect((await fetch(`${url}/servers`, { headers })).status).toBe(200);
});

test("--help names every option of the JavaScript interface that a command line can give", async () => {
  const { child, over } = run("--help");
  let help = "";
  child.stdout?.on("data", (chunk: Buffer) => (help += chunk.toString()));
  await over;

  const options = [
    "port",
    "host",
    "allow-host",
    "json",
    "state",
    "no-machines",
    "evaluator",
    "rate-limit",
    "api-date",
    "latencies",
    "time-scale",
  ];
  for (const option of options) expect(help).toContain(`--${option}`);
  // Nothing that a terminal would show as colour.
  expect(help).not.toContain("\u001b");
});
