// The Node.js language host under the real engine.
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter } from "node:path";
import { ensureToolchain, type Toolchain } from "../../toolchain";
import { splitWords } from "../../toolchain/languageHost/runProgram";
import { eventually, isAlive } from "./eventually";
import { removeFolders } from "./fakeWays";
import { PulumiProject } from "./pulumiProject";

const FIRST_BUILD_MS = 30 * 60_000;

let toolchain: Toolchain;
beforeAll(async () => (toolchain = await ensureToolchain()), FIRST_BUILD_MS);
afterEach(removeFolders);

function project(env?: Record<string, string>): Promise<PulumiProject> {
  return new PulumiProject(toolchain, env).init();
}

test("a program gets its configuration, and what is secret in it stays secret", async () => {
  const stack = await project();
  await stack.run("config", "set", "plain", "seen");
  await stack.run("config", "set", "--secret", "hidden", "unseen-value");
  stack.program(`
    const config = new pulumi.Config();
    exports.all = [config.require("plain"), pulumi.getProject(), pulumi.getStack(), pulumi.getOrganization(), String(pulumi.runtime.isDryRun())].join(" ");
    exports.hidden = config.requireSecret("hidden");
    exports.known = pulumi.runtime.isConfigSecret("project:hidden");`);
  const said = await stack.up();
  expect(said).toContain('all   : "seen project dev organization false"');
  expect(said).toContain("known : true");
  expect(said).toContain("hidden: [secret]");
  expect(await stack.run("preview", "--diff")).toContain("organization true");
});

test("TypeScript programs run, and options of Pulumi.yaml are obeyed", async () => {
  const stack = await project();
  writeFileSync(
    stack.file("Pulumi.yaml"),
    "name: project\nmain: program.ts\nruntime:\n  name: nodejs\n  options:\n    nodeargs: --title=a-title --no-warnings\n    tsconfig: special.json\n",
  );
  writeFileSync(
    stack.file("special.json"),
    JSON.stringify({ compilerOptions: { target: "es2022", module: "commonjs", moduleResolution: "node10", noCheck: true } }),
  );
  writeFileSync(
    stack.file("program.ts"),
    "const wrong: number = 'yet it runs';\nexport const title: string = process.title;\nvoid wrong;\n",
  );
  expect(await stack.up()).toContain('title: "a-title"');
});

test("what a program prints is shown", async () => {
  const stack = await project();
  stack.program(`console.log("on stdout"); console.error("on stderr");`);
  const said = await stack.up();
  expect(said).toContain("on stdout");
  expect(said).toContain("on stderr");
});

test("an error in the program is told once and fails the operation", async () => {
  const stack = await project();
  stack.program(`throw new Error("the disk is full");`);
  const said = await stack.fail("up", "--yes", "--skip-preview");
  expect(said.match(/Error: the disk is full/g)).toHaveLength(1);
  expect(said).not.toContain("non-zero exit code");
});

test("a program that just exits fails the operation and deletes nothing", async () => {
  const stack = await project();
  stack.program(`new random.RandomId("id", { byteLength: 4 });`);
  await stack.up();
  stack.program(`process.exit(3);`);
  expect(await stack.fail("up", "--yes", "--skip-preview")).toContain("non-zero exit code: 3");
  expect(await stack.resource("random:index/randomId:RandomId")).toBeDefined();
});

test("resource hooks run in the program, and an error hook can ask for another attempt", async () => {
  const stack = await project();
  stack.program(`
    const before = new pulumi.ResourceHook("before", (args) => console.log("hook before " + args.name));
    const retry = new pulumi.ErrorHook("retry", () => true);
    new command.local.Command("flaky", { create: "echo try >> log; test $(wc -l < log) = 2" }, { hooks: { beforeCreate: [before], onError: [retry] } });`);
  expect(await stack.up()).toContain("hook before flaky");
  expect(stack.lines("log")).toEqual(["try", "try"]);
});

test("transforms run in the program", async () => {
  const stack = await project();
  stack.program(`
    pulumi.runtime.registerResourceTransform((args) => ({ props: { ...args.props, byteLength: 2 }, opts: args.opts }));
    exports.hex = new random.RandomId("id", { byteLength: 8 }).hex;`);
  expect(await stack.up()).toMatch(/hex: "[0-9a-f]{4}"/);
});

test("a missing SDK is named, with what to do", async () => {
  const stack = await project();
  mkdirSync(stack.file("elsewhere"));
  writeFileSync(stack.file("Pulumi.yaml"), `name: project\nmain: /\nruntime: nodejs\n`);
  expect(await stack.fail("up", "--yes", "--skip-preview")).toContain("@pulumi/pulumi is not installed in /");
});

test("pulumi install runs npm, pulumi about tells of Node.js and the packages", async () => {
  const stack = await project();
  const bin = stack.file("bin");
  mkdirSync(bin);
  writeFileSync(stack.file("bin/npm"), '#!/bin/sh\necho "fake npm $* in $(pwd)"\n');
  chmodSync(stack.file("bin/npm"), 0o755);
  writeFileSync(stack.file("package.json"), JSON.stringify({ name: "project", main: "index.js", dependencies: { "@pulumi/pulumi": "*" } }));
  stack.program("");
  const shadowed = new PulumiProject(toolchain, { PATH: `${bin}${delimiter}${toolchain.env.PATH ?? ""}` });
  expect(await shadowed.run("install")).toContain(`fake npm install in ${shadowed.folder}`);
  const about = await stack.run("about");
  expect(about).toMatch(/nodejs/);
  expect(about).toMatch(/@pulumi\/pulumi\s+3\.256\.0/);
});

test("when the engine is killed, its language host and the program end too, and a stand-in's command", async () => {
  const stack = await project();
  stack.program(`
    require("fs").writeFileSync("pids", process.pid + "\\n" + process.ppid + "\\n");
    new command.local.Command("long", { create: "sleep 1000 & echo $! >> pids; wait", logging: "none" });`);
  const up = stack.start("up", "--yes", "--skip-preview");
  up.catch(() => undefined);
  await eventually("program and command run", () => stack.lines("pids").length === 3);
  up.kill("SIGKILL");
  // The official plugin leaves behind what its shell had started.
  const ended = toolchain.origin.plugins.command === "stand-in" ? 3 : 2;
  for (const pid of stack.lines("pids").slice(0, ended)) {
    await eventually(`process ${pid} is gone`, () => !isAlive(pid));
  }
});

test("words are split as in a shell", () => {
  expect(splitWords(`--a=1  --title "two words" 'and more' x`)).toEqual(["--a=1", "--title", "two words", "and more", "x"]);
});
