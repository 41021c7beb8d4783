import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { removeFolders, temporaryFolder } from "./fakeWays";
import { eventually } from "./eventually";

const TIMEOUT_MS = 60_000;
const running: ChildProcess[] = [];

afterEach(() => {
  running.splice(0).forEach((child) => child.kill("SIGKILL"));
  removeFolders();
});

interface Run {
  child: ChildProcess;
  stderr: () => string;
  /** What it printed, once it has ended well. */
  result: Promise<string>;
}

function start(folder: string): Run {
  const child = spawn(process.execPath, ["--import", "tsx", join(__dirname, "slowBuild.ts"), folder], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(child);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
  const result = new Promise<string>((resolve, reject) => {
    child.once("close", (code) => (code === 0 ? resolve(stdout.trim()) : reject(new Error(`exit code ${String(code)}: ${stderr}`))));
  });
  // Whoever kills it does not care how it ends.
  result.catch(() => undefined);
  return { child, stderr: () => stderr, result };
}

function builds(folder: string): string[] {
  const file = join(folder, "builds");
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
}

function openGate(folder: string): void {
  writeFileSync(join(folder, "gate"), "");
}

test(
  "two at once build everything once, and both get it",
  async () => {
    const folder = temporaryFolder();
    const one = start(folder);
    await eventually("the first builds", () => builds(folder).includes("cli"));
    const other = start(folder);
    await eventually("the second waits", () => other.stderr().includes("Another process is getting the toolchain"));
    openGate(folder);
    expect(await other.result).toBe(await one.result);
    expect(builds(folder)).toEqual(["ask the network", "cli", "hcloud", "random", "command"]);
  },
  TIMEOUT_MS,
);

test(
  "after a kill the next run goes on, and clears what was left behind",
  async () => {
    const folder = temporaryFolder();
    const temporary = join(folder, ".cache", "nixos-vps", "tmp");
    const killed = start(folder);
    await eventually("it builds", () => builds(folder).includes("cli"));
    expect(readdirSync(temporary)).toHaveLength(1);
    killed.child.kill("SIGKILL");
    await eventually("it is gone", () => killed.child.signalCode !== null);

    openGate(folder);
    const next = start(folder);
    const home = await next.result;
    expect(existsSync(home)).toBe(true);
    expect(readdirSync(temporary)).toEqual([]);
    expect(builds(folder)).toEqual([...["ask the network", "cli"], ...["ask the network", "cli", "hcloud", "random", "command"]]);
  },
  TIMEOUT_MS,
);
