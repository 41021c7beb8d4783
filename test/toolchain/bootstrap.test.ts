// bootstrap.js in a made-up checkout, with a made-up npm.
import { spawn, type ChildProcess } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import wanted from "../../toolchain/nodeVersion.json";
import { eventually } from "./eventually";
import { removeFolders, temporaryFolder, writeExecutable } from "./fakeWays";

const ROOT = join(__dirname, "..", "..");
const children: ChildProcess[] = [];

afterEach(() => {
  children.splice(0).forEach((child) => child.kill("SIGKILL"));
  removeFolders();
});

/** `npm ci` installs tsx from this checkout and notes the call; `npm install` installs a Node.js that is a script. */
const NPM = `#!/bin/sh
echo "$1" >> "$NPM_LOG"
case "$1" in
  ci)
    until [ ! -e "$NPM_LOG.hold" ]; do sleep 0.02; done
    rm -rf node_modules; mkdir node_modules
    ln -s "${ROOT}/node_modules/tsx" node_modules/tsx
    cp package-lock.json node_modules/.package-lock.json ;;
  install)
    bin="$3/node_modules/.bin"; mkdir -p "$bin"
    printf '#!/bin/sh\\n[ "$1" = --version ] && echo v${wanted.version} || echo "newer node: $*"\\n' > "$bin/node"
    chmod +x "$bin/node" ;;
esac
`;

interface Result {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

class Checkout {
  readonly folder = temporaryFolder();
  private readonly bin = join(this.folder, "bin");

  constructor() {
    for (const name of ["bootstrap.js", "bootstrap", "nodeVersion.json"]) {
      cpSync(join(ROOT, "toolchain", name), join(this.folder, "toolchain", name), { recursive: true });
    }
    this.lock("1.0.0");
    writeFileSync(join(this.folder, "script.ts"), "console.log(JSON.stringify(process.argv.slice(2)) as string);\n");
    writeExecutable(join(this.bin, "npm"), NPM);
    writeExecutable(join(this.bin, "git"));
    writeExecutable(join(this.bin, "ssh"));
  }

  /** Writes a lock file that asks for a package in this version, and for one that only another system needs. */
  lock(version: string): void {
    const packages = { "": {}, "node_modules/a": { version }, "node_modules/b": { version, optional: true } };
    writeFileSync(join(this.folder, "package-lock.json"), JSON.stringify({ packages }));
  }

  /** Makes bootstrap.js believe that it runs on a Node.js that is too old. */
  pretendOldNode(): void {
    const file = join(this.folder, "toolchain", "nodeVersion.json");
    writeFileSync(file, JSON.stringify({ ...wanted, minimumMajor: 1000 }));
  }

  remove(tool: string): void {
    rmSync(join(this.bin, tool));
  }

  start(...args: string[]): { child: ChildProcess; stderr: () => string; result: Promise<Result> } {
    const env = { HOME: this.folder, NPM_LOG: this.npmLog, PATH: [this.bin, "/usr/bin", "/bin"].join(delimiter) };
    // The system's own tools would be found as well; only what is in `bin` counts where a tool is missing.
    const only = existsSync(join(this.bin, "ssh")) ? env : { ...env, PATH: this.bin };
    const child = spawn(process.execPath, [join(this.folder, "toolchain", "bootstrap.js"), ...args], { cwd: this.folder, env: only });
    children.push(child);
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
    child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
    const result = new Promise<Result>((resolve) => child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr })));
    return { child, stderr: () => stderr, result };
  }

  run(...args: string[]): Promise<Result> {
    return this.start(...args).result;
  }

  get npmLog(): string {
    return join(this.folder, "npm.log");
  }

  get npmCalls(): string[] {
    return existsSync(this.npmLog) ? readFileSync(this.npmLog, "utf8").trim().split("\n") : [];
  }
}

test("runs a TypeScript program with its arguments, after npm ci in a fresh clone", async () => {
  const checkout = new Checkout();
  const result = await checkout.run("script.ts", "--", "--json", "a b");
  expect(result).toMatchObject({ code: 0, stdout: '["--json","a b"]\n' });
  expect(checkout.npmCalls).toEqual(["ci"]);
});

test("installs no second time, unless the lock file has changed", async () => {
  const checkout = new Checkout();
  await checkout.run("script.ts");
  await checkout.run("script.ts");
  expect(checkout.npmCalls).toEqual(["ci"]);
  checkout.lock("2.0.0");
  await checkout.run("script.ts");
  expect(checkout.npmCalls).toEqual(["ci", "ci"]);
});

test("is content with an `npm install` by hand that left what the lock file says, though not for other systems", async () => {
  const checkout = new Checkout();
  const installed = { packages: { "node_modules/a": { version: "1.0.0" } } };
  mkdirSync(join(checkout.folder, "node_modules"));
  symlinkSync(join(ROOT, "node_modules", "tsx"), join(checkout.folder, "node_modules", "tsx"));
  writeFileSync(join(checkout.folder, "node_modules", ".package-lock.json"), JSON.stringify(installed));
  expect((await checkout.run("script.ts")).code).toBe(0);
  expect(checkout.npmCalls).toEqual([]);
});

test("installs again what an npm that was killed left half-installed", async () => {
  const checkout = new Checkout();
  mkdirSync(join(checkout.folder, "node_modules", "a"), { recursive: true });
  expect((await checkout.run("script.ts")).code).toBe(0);
  expect(checkout.npmCalls).toEqual(["ci"]);
});

test("two at once install once", async () => {
  const checkout = new Checkout();
  writeFileSync(`${checkout.npmLog}.hold`, "");
  const one = checkout.start("script.ts");
  await eventually("the first installs", () => checkout.npmCalls.length === 1);
  const other = checkout.start("script.ts");
  await eventually("the second waits", () => other.stderr().includes("Another process is installing"));
  rmSync(`${checkout.npmLog}.hold`);
  expect([(await one.result).code, (await other.result).code]).toEqual([0, 0]);
  expect(checkout.npmCalls).toEqual(["ci"]);
});

test("the lock of a process that was killed holds up nobody", async () => {
  const checkout = new Checkout();
  writeFileSync(`${checkout.npmLog}.hold`, "");
  const killed = checkout.start("script.ts");
  await eventually("it installs", () => checkout.npmCalls.length === 1);
  killed.child.kill("SIGKILL");
  await eventually("it is gone", () => killed.child.signalCode !== null);
  rmSync(`${checkout.npmLog}.hold`);
  expect((await checkout.run("script.ts")).code).toBe(0);
});

test("gets a newer Node.js from npm where this one is too old, once, and puts it in front of PATH", async () => {
  const checkout = new Checkout();
  checkout.pretendOldNode();
  const first = await checkout.run("script.ts", "x");
  expect(first.stderr).toContain(`getting ${wanted.version} from npm`);
  expect(first.stdout).toMatch(/^newer node: --import file:.*tsx.* \S*script\.ts x$/m);
  await checkout.run("script.ts");
  expect(checkout.npmCalls).toEqual(["install", "ci"]);
});

test("names every tool that is missing", async () => {
  const checkout = new Checkout();
  checkout.remove("git");
  checkout.remove("ssh");
  const result = await checkout.run("script.ts");
  expect(result.code).toBe(1);
  expect(result.stderr).toMatch(/^Not found on PATH: git, ssh\.\n.*run the same command again/i);
});

test("fails with what npm says", async () => {
  const checkout = new Checkout();
  writeExecutable(join(checkout.folder, "bin", "npm"), "#!/bin/sh\necho no space left >&2; exit 1\n");
  const result = await checkout.run("script.ts");
  expect(result.code).toBe(1);
  expect(result.stderr).toMatch(/no space left\n`npm ci` failed/);
});

test("returns the program's exit code", async () => {
  const checkout = new Checkout();
  writeFileSync(join(checkout.folder, "script.ts"), "process.exit(7);\n");
  expect((await checkout.run("script.ts")).code).toBe(7);
});

test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("passes %s on to the program", async (signal) => {
  const checkout = new Checkout();
  writeFileSync(
    join(checkout.folder, "script.ts"),
    `process.on("${signal}", () => { console.log("told"); process.exit(5); });\nsetInterval(() => undefined, 1000);\nrequire("fs").writeFileSync("ready", "");\n`,
  );
  const running = checkout.start("script.ts");
  await eventually("the program runs", () => existsSync(join(checkout.folder, "ready")));
  running.child.kill(signal);
  expect(await running.result).toMatchObject({ code: 5, stdout: "told\n" });
});

test("dies of what the program dies of", async () => {
  const checkout = new Checkout();
  writeFileSync(join(checkout.folder, "script.ts"), `process.kill(process.pid, "SIGTERM");\nsetInterval(() => undefined, 1000);\n`);
  expect(await checkout.run("script.ts")).toMatchObject({ code: null, signal: "SIGTERM" });
});

test("says how it is used", async () => {
  expect((await new Checkout().run()).stderr).toContain("usage: node toolchain/bootstrap.js SCRIPT [--]");
});
