// The stand-in for the command plugin (or the official one, with --plugin-dir or on PATH) under the real engine.
import { writeFileSync } from "node:fs";
import { ensureToolchain, type Toolchain } from "../../toolchain";
import { eventually, isAlive } from "./eventually";
import { removeFolders } from "./fakeWays";
import { PulumiProject } from "./pulumiProject";

const COMMAND = "command:local:Command";
const FIRST_BUILD_MS = 30 * 60_000;

let toolchain: Toolchain;
beforeAll(async () => (toolchain = await ensureToolchain()), FIRST_BUILD_MS);
afterEach(removeFolders);

function project(env?: Record<string, string>): Promise<PulumiProject> {
  return new PulumiProject(toolchain, env).init();
}

test("create, nothing to do, update, replace, destroy: each runs what it should, once", async () => {
  const stack = await project();
  const program = (greeting: string, keeper: string) =>
    stack.program(`
      const id = new random.RandomId("id", { byteLength: 4, keepers: { keeper: "${keeper}" } });
      const greeting = new command.local.Command("greeting", {
        create: "echo create $WHO | tee -a log", update: "echo update $WHO after $PULUMI_COMMAND_STDOUT | tee -a log",
        delete: "echo delete $WHO >> log", environment: { WHO: "${greeting}" }, triggers: [id.hex],
      });
      exports.said = greeting.stdout;`);

  program("Ann", "1");
  expect(await stack.up()).toContain('said: "create Ann"');
  await stack.up("--expect-no-changes");
  program("Bob", "1");
  expect(await stack.up()).toContain("update Bob after create Ann");
  program("Bob", "2");
  await stack.up();
  await stack.run("destroy", "--yes", "--skip-preview");
  expect(stack.lines("log")).toEqual(["create Ann", "update Bob after create Ann", "create Bob", "delete Bob", "delete Bob"]);
  expect(await stack.state()).toEqual([]);
});

test("a preview runs nothing and shows what will happen", async () => {
  const stack = await project();
  stack.program(`new command.local.Command("greeting", { create: "echo create >> log" });`);
  expect(await stack.run("preview")).toContain("2 to create");
  expect(stack.lines("log")).toEqual([]);
});

test("a failed create leaves nothing in the state, so the next up creates and nothing is deleted", async () => {
  const stack = await project();
  stack.program(`new command.local.Command("greeting", {
    create: "echo create >> log; echo whisper; test -e allowed", delete: "echo delete >> log" });`);
  expect(await stack.fail("up", "--yes", "--skip-preview")).toMatch(/exit status 1: running "echo create[^]*whisper/);
  expect(await stack.resource(COMMAND)).toBeUndefined();

  writeFileSync(stack.file("allowed"), "");
  await stack.up();
  expect(stack.lines("log")).toEqual(["create", "create"]);
  expect((await stack.resource(COMMAND))?.outputs).toMatchObject({ stdout: "whisper", stderr: "" });
});

test("a failed update keeps the old state, so the next up updates again", async () => {
  const stack = await project();
  const program = (who: string) =>
    stack.program(`new command.local.Command("greeting", {
      create: "echo create", update: "echo update $WHO >> log; test -e allowed", environment: { WHO: "${who}" } });`);
  program("Ann");
  await stack.up();
  program("Bob");
  await stack.fail("up", "--yes", "--skip-preview");
  expect((await stack.resource(COMMAND))?.inputs).toMatchObject({ environment: { WHO: "Ann" } });

  writeFileSync(stack.file("allowed"), "");
  await stack.up();
  expect(stack.lines("log")).toEqual(["update Bob", "update Bob"]);
  expect((await stack.resource(COMMAND))?.inputs).toMatchObject({ environment: { WHO: "Bob" } });
});

test("commands run in the project's folder, with the engine's environment", async () => {
  const stack = await project({ FROM_OUTSIDE: "seen" });
  stack.program(`exports.said = new command.local.Command("where", { create: "pwd; echo $FROM_OUTSIDE" }).stdout;`);
  await stack.up();
  expect((await stack.resource(COMMAND))?.outputs).toMatchObject({ stdout: `${stack.folder}\nseen` });
});

test("output is shown as far as logging lets it", async () => {
  const stack = await project();
  stack.program(`
    new command.local.Command("open", { create: "echo shown-output; echo shown-error >&2" });
    new command.local.Command("half", { create: "echo hidden-output; echo shown-too >&2", logging: "stderr" });
    new command.local.Command("closed", { create: "echo hidden-output; echo hidden-error >&2", logging: "none" });`);
  const said = await stack.up();
  for (const text of ["shown-output", "shown-error", "shown-too"]) {
    expect(said).toContain(text);
  }
  expect(said).not.toContain("hidden");
});

test("secret inputs are nowhere in the clear, and outputs that repeat them can be made secret", async () => {
  const stack = await project();
  stack.program(`new command.local.Command("secretive", {
      create: "cat; echo $TOKEN >&2", stdin: pulumi.secret("se" + "cret-1"), environment: { TOKEN: pulumi.secret("se" + "cret-2") }, logging: "none",
    }, { additionalSecretOutputs: ["stdout", "stderr"] });`);
  const said = await stack.up();
  const shown = JSON.parse(await stack.run("stack", "export", "--show-secrets")) as unknown;
  expect(JSON.stringify(shown)).toMatch(/"stdout":\{[^}]*secret-1/);
  expect(said + (await stack.run("stack", "export"))).not.toMatch(/secret-[12]/);
});

test("assets and archives are read and can be given on", async () => {
  const stack = await project();
  stack.program(`
    const made = new command.local.Command("made", { create: "echo content > a.txt", assetPaths: ["*.txt"], archivePaths: ["*.txt"] });
    new command.local.Command("user", { create: "true", triggers: [made.archive, made.assets.apply((assets) => assets["a.txt"])] });`);
  await stack.up();
  await stack.up("--expect-no-changes");
  const made = (await stack.state()).find((resource) => resource.urn.endsWith("::made"));
  expect(made?.outputs).toMatchObject({ assets: { "a.txt": { path: stack.file("a.txt") } } });
});

test("the function runs in a preview too", async () => {
  const stack = await project();
  stack.program(`exports.said = command.local.runOutput({ command: "echo run >> log; echo hello" }).stdout;`);
  expect(await stack.run("preview")).toContain('said: "hello"');
  expect(stack.lines("log")).toEqual(["run"]);
});

test("Ctrl-C ends a stand-in's command with all it started, and the next up goes on", async () => {
  if (toolchain.origin.plugins.command !== "stand-in") {
    return; // The official plugin ends the shell alone, and then waits for what the shell had started.
  }
  const stack = await project();
  stack.program(`new command.local.Command("long", {
    create: "test -e allowed && exit 0; sleep 1000 & echo $! > pid; echo $$ >> pid; wait", logging: "none" });`);
  const up = stack.start("up", "--yes", "--skip-preview");
  up.catch(() => undefined);
  await eventually("the command runs", () => stack.lines("pid").length === 2);
  up.kill("SIGINT");
  await expect(up).rejects.toMatchObject({ all: expect.stringContaining("signal: terminated") as string });
  for (const pid of stack.lines("pid")) {
    await eventually("its processes are gone", () => !isAlive(pid));
  }
  expect(await stack.resource(COMMAND)).toBeUndefined();

  writeFileSync(stack.file("allowed"), "");
  await stack.up();
});
