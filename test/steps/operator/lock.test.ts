// The lock with real processes: who waits, who is ended, and that two never work beside each other.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type LockOptions, lockMachine } from "../../../steps/operator/lock";
import { identityOf, isAlive, lookUp } from "../../../steps/operator/processes";
import { temporaryFolders } from "../support/temporaryFolder";

const newFolder = temporaryFolders();
const holderProgram = join(__dirname, "..", "support", "holder.ts");
const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

interface Holder {
  pid: number;
  child?: number;
  process: ChildProcess;
}

/** Starts a step that holds the lock. `commissioned`: by a process that can be killed on its own, like an engine. */
async function hold(folder: string, machine: string, how: string[] = [], commissioned = false): Promise<Holder> {
  const command = [process.execPath, "--import", "tsx", holderProgram, folder, machine, ...how];
  // Not `exec`: the shell stays as the parent that waits for the result. Its stdin must reach the step.
  const child = commissioned
    ? spawn("sh", ["-c", `"$@" <&3; true`, "sh", ...command], { stdio: ["ignore", "pipe", "inherit", "pipe"] })
    : spawn(command[0] ?? "", command.slice(1), { stdio: ["pipe", "pipe", "inherit"] });
  started.push(child);
  if (!child.stdout) throw new Error("no stdout");
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`the holder ended with exit code ${String(code)}`);
  });
  ended.catch(() => undefined);
  const [line] = (await Promise.race([once(createInterface(child.stdout), "line"), ended])) as [string];
  return { ...(JSON.parse(line) as Holder), process: child };
}

function options(folder: string, machine: string, over: Partial<LockOptions> = {}): LockOptions {
  return {
    folder,
    stack: "test",
    machine,
    step: "release",
    limitMs: 60_000,
    say: () => undefined,
    givenUp: () => false,
    pollMs: 10,
    graceMs: 300,
    ...over,
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(10);
}

test("a step waits for one that somebody still waits for, and then goes on", async () => {
  const folder = newFolder();
  const other = await hold(folder, "devserver");
  const said: string[] = [];
  const waiting = lockMachine(options(folder, "devserver", { say: (text) => said.push(text) }));
  await until(() => said.length > 0);
  expect(said[0]).toContain(`waiting for the stage that works on this machine (process ${other.pid})`);
  expect(lookUp(other.pid)).toBeDefined();

  other.process.stdin?.end();

  await (await waiting).release();
  expect(readdirSync(folder).filter((name) => name.endsWith(".json"))).toEqual([]);
});

test("it gives up at its limit, and says which process is in the way", async () => {
  const folder = newFolder();
  const other = await hold(folder, "devserver");

  await expect(lockMachine(options(folder, "devserver", { limitMs: 1 }))).rejects.toThrow(
    new RegExp(`process ${other.pid}.*touched nothing`, "s"),
  );
});

test("different machines do not hinder each other, also where their names look alike in a file name", async () => {
  const folder = newFolder();
  await hold(folder, "a b");

  await (await lockMachine(options(folder, "a_b", { limitMs: 1 }))).release();
  await (await lockMachine(options(folder, "a b", { stack: "other", limitMs: 1 }))).release();
});

test("a step whose engine was killed is ended, with the children that it leaves behind", async () => {
  const folder = newFolder();
  const orphan = await hold(folder, "devserver", ["child"], true);
  orphan.process.kill("SIGKILL"); // the commissioner only: the step itself lives on
  await once(orphan.process, "exit");
  expect(lookUp(orphan.pid)).toBeDefined();

  const lock = await lockMachine(options(folder, "devserver"));

  expect(lookUp(orphan.pid)).toBeUndefined();
  expect(orphan.child !== undefined && lookUp(orphan.child)).toBeUndefined();
  await lock.release();
});

test("one that ignores the polite signal is ended all the same", async () => {
  const folder = newFolder();
  const orphan = await hold(folder, "devserver", ["stubborn"], true);
  orphan.process.kill("SIGKILL");
  await once(orphan.process, "exit");

  await (await lockMachine(options(folder, "devserver"))).release();

  expect(lookUp(orphan.pid)).toBeUndefined();
});

test("what a killed step had started is ended before the next one begins", async () => {
  const folder = newFolder();
  const killed = await hold(folder, "devserver", ["child"]);
  const child = identityOf(killed.child ?? 0);
  killed.process.kill("SIGKILL");
  await once(killed.process, "exit");
  expect(child && isAlive(child)).toBe(true);

  await (await lockMachine(options(folder, "devserver"))).release();

  expect(child && isAlive(child)).toBe(false);
});

test("of many that come at the same time, each gets it, one at a time", async () => {
  const folder = newFolder();

  const codes = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const holder = await hold(folder, "devserver"); // it ends with an error when it finds another one inside
      holder.process.stdin?.end();
      const [code] = (await once(holder.process, "exit")) as [number];
      return code;
    }),
  );

  expect(codes).toEqual([0, 0, 0, 0, 0]);
});

test("a process id that was given to another process since is not taken for the old one", () => {
  const identity = identityOf(process.pid);
  if (!identity) throw new Error("this process is not there");

  expect(isAlive(identity)).toBe(true);
  expect(isAlive({ ...identity, started: "earlier" })).toBe(false);
});
