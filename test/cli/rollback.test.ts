// `vps rollback` and `vps generations`: what they tell Pulumi's state, in which order, and what they refuse before anything is touched.
import { readFileSync, rmSync } from "node:fs";
import { type Desk, machineResource, VERSION } from "./support/desk";
import { generations, rollbackDesk, system } from "./support/rollbackDesk";

let desk: Desk;

beforeEach(() => {
  desk = rollbackDesk();
});
afterEach(() => desk.end());

test("the state is told first, then the machine goes to the generation before, is looked at over a new connection, and confirmed", async () => {
  const { code, stdout } = await desk.vps("rollback", "devserver", "--json");

  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ machine: "devserver", generation: 5, system: system(5), changed: true, sick: [] });
  expect(desk.order()).toEqual(["generations", "import", "activate", "health", "confirmRollback"]);
  expect(desk.version()).toMatch(new RegExp(`^rolled back to generation 5 on \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC; was ${VERSION}$`));
});

test.each([
  [100, "300"],
  [400, "520"],
])("a generation whose own health checks may take %i s has %s s until the machine goes back by itself", async (checks, seconds) => {
  desk.answers("generations", generations(6, [`health 5 ${checks}`, "health 6 9000"]));

  expect(await desk.vps("rollback", "devserver")).toMatchObject({ code: 0 });

  expect(desk.lastArgument("activate")).toBe(seconds);
});

test("nothing else of the state is changed, and no secret is in what is written back", async () => {
  const before = desk.state();

  await desk.vps("rollback", "devserver");

  expect(readFileSync(desk.path("imported"), "utf8")).toContain("ciphertext");
  expect(readFileSync(desk.path("imported"), "utf8")).not.toContain("plaintext");
  const after = JSON.stringify(desk.state()).replaceAll(desk.version() ?? "", VERSION);
  expect(JSON.parse(after)).toEqual(before);
});

test("another update in progress is refused before the machine is touched, with an exit code of its own", async () => {
  // More than a pipe holds: Pulumi is gone before all of it is written.
  desk.writeState([...desk.resources(), { ...machineResource("big"), words: "x".repeat(1_000_000) }]);
  desk.pulumiFails("import", "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end");

  const { code, stderr } = await desk.vps("rollback", "devserver");

  expect(code).toBe(3);
  expect(stderr).toMatch(/Another Pulumi operation works on this stack[^]*Nothing was touched[^]*pulumi cancel/);
  expect(desk.order()).toEqual(["generations"]);
  expect(desk.version()).toBe(VERSION);
});

test("a state with unfinished operations is not written, as Pulumi would forget them, and the machine is not touched", async () => {
  const pending = { type: "creating", resource: { urn: "urn:pulumi:test::nixos-vps::hcloud:index/server:Server::web", custom: true } };
  desk.writeState(desk.resources(), { pending_operations: [pending] });

  const { code, stderr } = await desk.vps("rollback", "devserver");

  expect([code, desk.version(), desk.order()]).toEqual([3, VERSION, ["generations"]]);
  expect(stderr).toMatch(/have not ended \(creating web\)[^]*Nothing was touched[^]*pulumi refresh --clear-pending-creates/);
});

test("what another operation writes while the state is read is in what is written back", async () => {
  desk.isWrittenMeanwhile(2);

  const { code } = await desk.vps("rollback", "devserver");

  expect([code, desk.version()]).toEqual([0, expect.stringMatching(/^rolled back to generation 5 on /)]);
  expect(desk.state().deployment.resources.map(({ urn }) => urn.split("::").pop())).toEqual([
    "devserver",
    "devserver-system",
    "other1",
    "other2",
  ]);
});

test("a state that is another one each time it is read is left to whoever writes it", async () => {
  desk.isWrittenMeanwhile(9);

  const { code, stderr } = await desk.vps("rollback", "devserver");

  expect([code, desk.version(), desk.order()]).toEqual([3, VERSION, ["generations"]]);
  expect(stderr).toMatch(/Another Pulumi operation works on this stack[^]*Nothing was touched/);
});

test("what was cut off before is finished: the state says 5, so it is 5 and not 4", async () => {
  await desk.vps("rollback", "devserver");
  desk.answers("generations", generations(6));

  const { code, stdout } = await desk.vps("rollback", "devserver", "--json");

  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ generation: 5, changed: true });
});

test("a restart that was cut off before its confirmation is looked at and confirmed, without another one", async () => {
  desk.answers("generations", generations(5, [`unconfirmed ${system(5)}`]));

  const { code, stdout } = await desk.vps("rollback", "devserver", "--to", "5", "--reboot", "--json");

  expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ generation: 5, changed: true, rebooted: false, sick: [] })]);
  expect(desk.order()).toEqual(["generations", "import", "health", "confirmRollback"]);
  expect(desk.version()).toMatch(/^rolled back to generation 5 on /);
});

test("on the way to what the program made last too, before the state says so", async () => {
  await desk.vps("rollback", "devserver");
  rmSync(desk.path("order"));
  desk.answers("generations", generations(6, [`unconfirmed ${system(6)}`]));
  desk.answers("health", [`system ${system(6)}`]);

  const { code } = await desk.vps("rollback", "devserver", "--to", "6", "--reboot");

  expect([code, desk.version()]).toEqual([0, VERSION]);
  expect(desk.order()).toEqual(["generations", "import", "health", "confirmRollback", "import"]);
});

test("a machine that was rolled back already is left alone, and only the state is told where it does not know", async () => {
  desk.answers("generations", generations(5, [`rolledBack 5 1700000100 ${system(5)}`]));

  const { code, stdout } = await desk.vps("rollback", "devserver");

  expect([code, stdout]).toEqual([0, expect.stringContaining("runs generation 5 already")]);
  expect(desk.order()).toEqual(["generations", "import"]);
  expect(desk.version()).toMatch(/^rolled back to generation 5 on /);
});

test("going to what the program made last takes the words out of the state again", async () => {
  await desk.vps("rollback", "devserver");
  desk.answers("generations", generations(5, [`rolledBack 5 1700000100 ${system(5)}`]));
  desk.answers("health", [`system ${system(6)}`]);

  const { code, stdout } = await desk.vps("rollback", "devserver", "--to", "6");

  expect([code, desk.version()]).toEqual([0, VERSION]);
  expect(stdout).toContain("what `pulumi up` made last");
});

test("what is not well with the generation is told, and does not undo it", async () => {
  desk.answers("health", ["sick web.service failed", `system ${system(5)}`]);

  const { code, stdout } = await desk.vps("rollback", "devserver");

  expect([code, stdout]).toEqual([0, expect.stringContaining("Not well: web.service failed")]);
});

test.each([
  ["a generation that is not there", ["--to", "9"], 1, /has no generation 9[^]*Nothing was touched[^]*There are: 4, 5, 6/],
  ["something that is no number", ["--to", "last"], 2, /whole number/],
])("%s is refused", async (_what, args, exitCode, words) => {
  const { code, stderr } = await desk.vps("rollback", "devserver", ...args);

  expect([code, stderr]).toEqual([exitCode, expect.stringMatching(words)]);
  expect(desk.version()).toBe(VERSION);
});

test("generations are listed with what runs and what only a restart brings, for a person and for a script", async () => {
  desk.answers("generations", generations(6, ["restart 4 kernel", "foreign 5 yes"]));

  const { stdout } = await desk.vps("generations", "devserver");
  const { generations: list } = JSON.parse((await desk.vps("generations", "devserver", "--json")).stdout) as {
    generations: Record<string, unknown>[];
  };

  expect(stdout.split("\n").map((line) => line.replaceAll(/ {2,}/g, " | "))).toEqual([
    "generation | made | NixOS | system",
    `4 | 2023-11-14 22:13 UTC | 26.05 | needs a restart (kernel) | ${system(4)}`,
    `5 | 2023-11-14 22:13 UTC | 26.05 | of a former server | ${system(5)}`,
    `6 | 2023-11-14 22:13 UTC | 26.05 | active, boots | ${system(6)}`,
    "",
  ]);
  expect(list).toMatchObject([
    { number: 4, restart: ["kernel"] },
    { number: 5, foreign: true },
    { number: 6, active: true, boots: true },
  ]);
});
