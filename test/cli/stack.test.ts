// What `vps` says when the stack or the machine is not what it was taken for.
import { writeFileSync } from "node:fs";
import { Desk, machineResource } from "./support/desk";

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.end());

test("a machine that is not there: the nearest name is offered, all are listed, nothing is connected to", async () => {
  const { code, stderr } = await desk.vps("generations", "devsrever");

  expect(code).toBe(2);
  expect(stderr).toMatch(/no machine "devsrever"[^]*Nothing was touched[^]*Did you mean devserver\? There are: devserver\./);
  expect(desk.order()).toEqual([]);
});

test("a stack without machines, and a machine whose first `up` did not finish", async () => {
  desk.writeState([]);
  expect((await desk.vps("generations", "devserver")).stderr).toMatch(/no machine at the moment[^]*`pulumi up`/);

  desk.writeState([machineResource("devserver")]);
  expect((await desk.vps("generations", "devserver")).stderr).toMatch(/devserver is not finished[^]*`pulumi up` first/);
});

test.each([
  [
    "no stack is selected",
    "error: no stack selected; please use `pulumi stack select` or `pulumi stack init`",
    2,
    /No stack is selected[^]*--stack/,
  ],
  ["there is no such stack", "error: no stack named 'prod' found", 2, /There is no stack "prod"[^]*pulumi stack ls/],
  ["the passphrase is wrong", "error: incorrect passphrase", 1, /incorrect passphrase[^]*No machine was touched/],
])("%s: in words, with a way on", async (_what, words, exitCode, expected) => {
  desk.pulumiFails("export", words);

  const { code, stderr } = await desk.vps("--stack", "prod", "generations", "devserver");

  expect([code, stderr]).toEqual([exitCode, expect.stringMatching(expected)]);
  expect(stderr).not.toMatch(/^ +at /m);
});

test("wrong usage ends with 2 and says what there is", async () => {
  expect(await desk.vps("rolback", "devserver")).toMatchObject({ code: 2, stderr: expect.stringContaining("rollback") as string });
  expect(await desk.vps("generations")).toMatchObject({ code: 2, stderr: expect.stringContaining("machine") as string });
  expect((await desk.vps("--help")).code).toBe(0);
  expect((await desk.vps("switch", "devserver")).stderr).toMatch(/only looks[^]*--dry[^]*pulumi up/);
});

test("the project is found from a folder below it, and a wrong --cwd is told", async () => {
  desk.answers("generations", ["current 1", "active /nix/store/1", "generation 1 /nix/store/1", "date 1 0", "version 1 26.05"]);

  expect((await desk.vps("--cwd", desk.path("machine"), "generations", "devserver")).stderr).toMatch(/no Pulumi.yaml in .*machine/);
  expect((await desk.vps("--cwd", desk.folder, "generations", "devserver")).code).toBe(0);
});

test("a state that is not Pulumi's is told without its content", async () => {
  writeFileSync(desk.path("state.json"), '{"version":3,"secret":"hidden"}');

  const { code, stderr } = await desk.vps("generations", "devserver");

  expect(code).toBe(1);
  expect(stderr).not.toContain("hidden");
});
