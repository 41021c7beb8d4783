// `steps/run` as Pulumi calls it, where no cloud is needed: what it refuses, how it ends when it is told to, what it leaves behind.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { lookUp } from "../../steps/operator/processes";
import { connectionDocument, newKeyPair, volume } from "./support/samples";
import { temporaryFolders } from "./support/temporaryFolder";

const project = join(__dirname, "..", "..");

const newFolder = temporaryFolders();
const keys = { deploy: newKeyPair(), host: newKeyPair(), bootstrap: newKeyPair() };
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

interface Running {
  child: ChildProcess;
  stderr: () => string;
  end: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

function start(name: string, input: string, { env = {}, cwd = project, folder = newFolder() } = {}): Running {
  const child = spawn(join(project, "steps/run"), [name], {
    cwd,
    env: { ...process.env, XDG_STATE_HOME: join(folder, "state"), TMPDIR: folder, NIXOS_VPS_SSH_CONFIG: "", ...env },
  });
  started.push(child);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (more: string) => {
    stderr += more;
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const end = Promise.all([text(child.stdout), once(child, "close")]).then(([stdout]) => ({ code: child.exitCode, stdout, stderr }));
  return { child, stderr: () => stderr, end };
}

test("an unknown step, no document and a wrong one are refused with exit code 2 and nothing on stdout", async () => {
  for (const [name, input, words] of [
    ["reinstal", "{}", /no step "reinstal".*stage, lease/s],
    ["lease", "", /not a JSON document/],
    ["lease", "{}", /version: .*\n.*stack:/],
  ] as const) {
    const { code, stdout, stderr } = await start(name, input).end;
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(words);
  }
});

test("it runs from any folder", async () => {
  const { stderr } = await start("lease", "{}", { cwd: newFolder() }).end;

  expect(stderr).toContain("not valid");
});

describe("a computer that lacks something", () => {
  function withNode(version: string): NodeJS.ProcessEnv {
    const bin = join(newFolder(), "bin");
    mkdirSync(bin);
    for (const program of ["sh", "sed", "dirname"]) symlinkSync(`/usr/bin/${program}`, join(bin, program));
    if (version !== "") {
      // Node itself, which takes itself for another.
      const disguise = join(bin, "disguise.js");
      writeFileSync(disguise, `Object.defineProperty(process, "versions", { value: { node: "${version}" } });\n`);
      writeFileSync(join(bin, "node"), `#!/bin/sh\nexec '${process.execPath}' --require '${disguise}' "$@"\n`);
      chmodSync(join(bin, "node"), 0o755);
    }
    return { PATH: bin };
  }

  test("is told so before anything begins", async () => {
    const none = await start("lease", "{}", { env: withNode("") }).end;
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("no node on PATH")]);

    const old = await start("lease", "{}", { env: withNode("18.19.0") }).end;
    expect([old.code, old.stderr]).toEqual([2, expect.stringContaining("Node 18 is too old")]);
  });
});

describe("a step that hangs", () => {
  let silent: Server;
  const sockets: Socket[] = [];
  let folder: string;
  beforeEach((done) => {
    folder = newFolder();
    // Takes connections and never says anything: ssh waits for its banner.
    silent = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1", done);
  });
  afterEach((done) => {
    for (const socket of sockets.splice(0)) socket.destroy();
    silent.close(done);
  });

  function hanging(): Running {
    const { port } = silent.address() as { port: number };
    const config = join(folder, "ssh_config");
    writeFileSync(config, `Host *\n  HostName 127.0.0.1\n  Port ${port}\n`);
    const document = JSON.stringify({ ...connectionDocument(keys), volume: volume(3), size: 10 });
    return start("lease", document, { folder, env: { NIXOS_VPS_SSH_CONFIG: config } });
  }

  /** Programs that the step runs at the moment, by the lock's word. */
  function children(): number[] {
    const locks = join(folder, "state", "nixos-vps", "locks");
    const name = readdirSync(locks).find((file) => file.endsWith(".json"));
    if (name === undefined) return [];
    const record = JSON.parse(readFileSync(join(locks, name), "utf8")) as { children: { pid: number }[] };
    return record.children.map((child) => child.pid);
  }

  async function sshRuns(step: Running): Promise<number[]> {
    while (!step.stderr().includes("waiting for devserver")) await sleep(10);
    for (;;) {
      const running = children();
      if (running.length > 0) return running;
      await sleep(10);
    }
  }

  test.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("ends on %s with all that it started, and leaves neither keys nor its lock behind", async (signal, expected) => {
    const step = hanging();
    const running = await sshRuns(step);
    const secret = readdirSync(folder).find((name) => name.startsWith("nixos-vps-"));
    expect(readdirSync(join(folder, secret ?? ""))).toContain("deploy-key");

    step.child.kill(signal);
    const { code, stdout, stderr } = await step.end;

    expect([code, stdout]).toEqual([expected, ""]);
    expect(stderr).toContain("goes on from here");
    expect(running.map((pid) => lookUp(pid))).toEqual(running.map(() => undefined));
    expect(readdirSync(folder).filter((name) => name.startsWith("nixos-vps-"))).toEqual([]);
    expect(readdirSync(join(folder, "state", "nixos-vps", "locks"))).toEqual([]);
  });

  test("keeps its files to itself, and no secret shows in the arguments of what it starts", async () => {
    const step = hanging();
    const [ssh = 0] = await sshRuns(step);

    const commandLine = readFileSync(`/proc/${ssh}/cmdline`, "utf8");
    const environment = readFileSync(`/proc/${ssh}/environ`, "utf8");
    const secret = keys.deploy.private.split("\n")[1] ?? "";
    expect(commandLine).toContain("ssh");
    expect(commandLine).not.toContain(secret);
    expect(environment).not.toContain(secret);
    expect(environment).not.toContain("t".repeat(64));
    step.child.kill("SIGTERM");
    await step.end;
  });

  test("writes into the diary when it began and how it ended, without secrets", async () => {
    const step = hanging();
    await sshRuns(step);
    step.child.kill("SIGTERM");
    await step.end;

    const diary = readFileSync(join(folder, "state", "nixos-vps", "steps.jsonl"), "utf8");
    const lines = diary
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map((line) => line.event)).toEqual(["begin", "fail"]);
    expect(lines[0]).toMatchObject({ step: "lease", stack: "test", machine: "devserver", server: { id: 7, name: "devserver-4f2a" } });
    expect(diary).not.toContain(keys.deploy.private.split("\n")[1]);
  });
});
