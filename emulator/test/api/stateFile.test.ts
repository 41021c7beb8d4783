// A state file has one emulator at a time, and loses nothing however that one ends.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Cloud, TOKEN } from "./support/cloud";

const COMMAND = join(__dirname, "../../bin/hcloud-emulator.js");

let folder: string;
let stateFile: string;
const children: ChildProcess[] = [];
const clouds: Cloud[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hcloud-emulator-test-"));
  stateFile = join(folder, "state.json");
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const cloud of clouds.splice(0)) await cloud.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<Cloud> {
  const cloud = await Cloud.start({ stateFile });
  clouds.push(cloud);
  return cloud;
}

/** An emulator in a process of its own, and a way to end that process without a word. */
async function startOther(): Promise<{ pid: number; url: string; kill: () => Promise<void> }> {
  const child = spawn(process.execPath, [COMMAND, "--no-machines", "--state", stateFile], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const over = once(child, "exit");
  const [url] = (await once(createInterface(child.stdout), "line")) as [string];
  return {
    pid: child.pid ?? 0,
    url,
    kill: async () => {
      child.kill("SIGKILL");
      await over;
    },
  };
}

test("a second emulator in the same process is refused in words, and the first goes on; afterwards the file is free", async () => {
  const first = await start();

  await expect(start()).rejects.toThrow(`${stateFile} is in use by another emulator (process ${process.pid})`);

  await first.newVolume("data");
  await first.stop();
  expect((await start()).emulator.snapshot().volumes).toMatchObject([{ name: "data" }]);
  expect(readdirSync(folder).sort()).toEqual(["state.json", "state.json.lock", "state.json.machines"]);
});

test("one in another process is refused as well, until the first is gone, even if it left its lock behind", async () => {
  const other = await startOther();
  await expect(start()).rejects.toThrow(`in use by another emulator (process ${other.pid})`);

  await other.kill();
  expect(existsSync(`${stateFile}.lock`)).toBe(true);
  await start();

  const late = spawn(process.execPath, [COMMAND, "--no-machines", "--state", stateFile], { stdio: ["ignore", "ignore", "pipe"] });
  children.push(late);
  let words = "";
  late.stderr.on("data", (chunk: Buffer) => (words += chunk.toString()));
  expect(await once(late, "exit")).toEqual([1, null]);
  expect(words).toContain(`in use by another emulator (process ${process.pid})`);
  expect(words).not.toMatch(/^\s+at /m);
});

test.each([
  ["that nobody can read", "{"],
  ["of a process that is long gone", JSON.stringify({ pid: 2 ** 22 + 1, started: null })],
  ["of an earlier process with a number that another has now", JSON.stringify({ pid: process.ppid, started: "0" })],
  ["of an earlier process with this one's number", JSON.stringify({ pid: process.pid, started: "0" })],
])("a lock %s keeps nobody out", async (_whose, content) => {
  writeFileSync(`${stateFile}.lock`, content);
  await start();
});

test("a file that is refused is not held", async () => {
  writeFileSync(stateFile, "{");
  await expect(start()).rejects.toThrow(/is not JSON/);
  rmSync(stateFile);
  await start();
});

const WRITERS = 4;
const headers = { authorization: `Bearer ${TOKEN}` };

/** Makes firewalls until the connection dies. @returns how many were answered, by `answered` as they are */
async function write(url: string, prefix: string, answered: (name: string) => void): Promise<void> {
  for (let n = 0; ; n++) {
    const name = `${prefix}-${n}`;
    const reply = await fetch(`${url}/firewalls`, { method: "POST", headers, body: JSON.stringify({ name }) }).catch(() => undefined);
    if (!reply) return;
    expect(reply.status).toBe(201);
    answered(name);
  }
}

test("kill -9 amid writes, again and again, loses nothing that was answered and leaves a file that is whole", async () => {
  const answered: string[] = [];
  for (const [round, enough] of [1, 40, 90].entries()) {
    const other = await startOther();
    let killed: Promise<void> | undefined;
    const count = (name: string): void => {
      answered.push(name);
      // With the others' requests under way.
      if (answered.length >= enough) killed ??= other.kill();
    };
    await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(other.url, `r${round}-w${writer}`, count)));
    await killed;
  }

  const names = new Set((await start()).emulator.snapshot().firewalls.map(({ name }) => name));

  expect(answered.length).toBeGreaterThanOrEqual(90);
  expect(answered.filter((name) => !names.has(name))).toEqual([]);
});
