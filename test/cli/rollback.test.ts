// `vps rollback` and `vps generations`: what they tell Pulumi's state, in which order, and what they refuse before anything is touched.
import { readFileSync, rmSync } from "node:fs";
import { Desk, VERSION } from "./support/desk";

let desk: Desk;

const system = (number: number): string => `/nix/store/${number}-devserver`;

/** Generations 4 to 6 of one machine, of which one runs. */
function generations(active: number, more: string[] = []): string[] {
  const each = [4, 5, 6].flatMap((number) => [
    `generation ${number} ${system(number)}`,
    `date ${number} ${1_700_000_000 + number}`,
    `version ${number} 26.05`,
  ]);
  return [`current ${active}`, `active ${system(active)}`, "boot id-1", `last ${system(6)}`, `lastFlake ${VERSION}`, ...each, ...more];
}

beforeEach(() => {
  desk = new Desk();
  desk.answers("generations", generations(6));
  desk.answers("activate", ["code 0"]);
  desk.answers("health", [`system ${system(5)}`]);
  desk.answers("confirmRollback", ["confirmed yes", "generation 5"]);
});
afterEach(() => desk.end());

test("the state is told first, then the machine goes to the generation before, is looked at over a new connection, and confirmed", async () => {
  const { code, stdout } = await desk.vps("rollback", "devserver", "--json");

  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ machine: "devserver", generation: 5, system: system(5), changed: true, sick: [] });
  expect(desk.order()).toEqual(["generations", "import", "activate", "health", "confirmRollback"]);
  expect(desk.version()).toMatch(new RegExp(`^rolled back to generation 5 on \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC; was ${VERSION}$`));
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

/** The machine as a look of its own finds it after a failure. */
function isSeen(runs: number, boots: number, more: string[] = []): void {
  desk.answers("whoAreYou", ["stage nixos", "boot id-1", "host devserver", `system ${system(runs)}`]);
  desk.answers("goBack", [`system ${system(runs)}`, `boots ${system(boots)}`, ...more]);
  desk.answers("state", [`active ${system(runs)}`, `default ${system(boots)}`, ...more]);
}

test("a machine that does not stay with the generation is not recorded as rolled back", async () => {
  desk.answers("activate", ["code 1"]);
  isSeen(6, 6);

  const { code, stdout, stderr } = await desk.vps("rollback", "devserver");

  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/Generation 5 of devserver was not confirmed: the activation failed \(exit code 1\)[^]*former system again/);
  expect(desk.version()).toBe(VERSION);
});

test("a generation that cannot be made the one that boots is not recorded either, and the reason is told", async () => {
  desk.answers("confirmRollback", ["confirmed no", "why it cannot be made the system that boots"]);
  isSeen(6, 6);

  const { code, stderr } = await desk.vps("rollback", "devserver");

  expect(code).toBe(1);
  expect(stderr).toMatch(/Generation 5 of devserver was not confirmed: it cannot be made the system that boots[^]*former system again/);
  expect(desk.version()).toBe(VERSION);
});

const TOLD = /Pulumi's state says that it was rolled back, so that the next `pulumi up` looks at the machine/;

test.each([
  ["came about", () => isSeen(5, 5)],
  ["did not come about yet", () => isSeen(5, 6, ["armed yes"])],
  ["cannot be asked after", () => undefined],
])("a confirmation whose connection was lost, and that %s, leaves the state as it was told", async (_what, seen) => {
  rmSync(desk.path("machine", "confirmRollback"));
  seen();

  const { code, stderr } = await desk.vps("rollback", "devserver");

  expect(code).toBe(1);
  expect(stderr).toMatch(
    /connection to .* was lost during "confirmRollback"[^]*goes back to its former system by itself [^]*unless .* is confirmed/,
  );
  expect(stderr).toMatch(TOLD);
  expect(desk.version()).toMatch(/^rolled back to generation 5 on /);
});

test.each([
  ["it was confirmed all the same", 5, 5, []],
  ["goes back to its former system by itself", 5, 6, ["armed yes"]],
  ["unconfirmed, and nothing takes it back by itself any more; the next restart boots /nix/store/6-devserver", 5, 6, []],
])("a machine that does not go back is told as what it is, and the state keeps its words: %s", async (words, runs, boots, more) => {
  desk.answers("confirmRollback", ["confirmed no"]);
  isSeen(runs, boots, more);

  const { code, stderr } = await desk.vps("rollback", "devserver");

  expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);
  expect(stderr).toMatch(TOLD);
  expect(desk.version()).toMatch(/^rolled back to generation 5 on /);
});

test("a state that cannot be told otherwise any more is told so", async () => {
  desk.answers("activate", ["code 1"]);
  isSeen(6, 6);
  desk.importsOnce("error: the stack is currently locked by 1 lock(s)");

  const { code, stderr } = await desk.vps("rollback", "devserver");

  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/former system again\. Pulumi's state says[^]*could not be told otherwise: .*Another/),
  ]);
});

test("what was cut off before is finished: the state says 5, so it is 5 and not 4", async () => {
  await desk.vps("rollback", "devserver");
  desk.answers("generations", generations(6));

  const { code, stdout } = await desk.vps("rollback", "devserver", "--json");

  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ generation: 5, changed: true });
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

test("a machine that does not answer is not recorded as rolled back", async () => {
  rmSync(desk.path("machine", "generations"));

  const { code, stderr } = await desk.vps("rollback", "devserver");

  expect([code, desk.version(), desk.order()]).toEqual([1, VERSION, []]);
  expect(stderr).toMatch(/Nothing was touched/);
  expect(stderr).not.toContain(desk.deployKey.split("\n")[1]);
});

test.each([
  ["a generation that is not there", ["--to", "9"], 1, /has no generation 9[^]*Nothing was touched[^]*There are: 4, 5, 6/],
  ["something that is no number", ["--to", "last"], 2, /whole number/],
])("%s is refused", async (_what, args, exitCode, words) => {
  const { code, stderr } = await desk.vps("rollback", "devserver", ...args);

  expect([code, stderr]).toEqual([exitCode, expect.stringMatching(words)]);
  expect(desk.version()).toBe(VERSION);
});

describe("to a generation that takes ssh at another port", () => {
  const PORTS = ["port 4 22", "port 5 2222", "port 6 22"];
  beforeEach(() => desk.answers("generations", generations(6, PORTS)));

  test("it is looked at there, and the state says where the machine listens", async () => {
    desk.listens(22, 2222);

    const { code, stdout, stderr } = await desk.vps("rollback", "devserver", "--json");

    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ generation: 5, sick: [] })]);
    expect(desk.order()).toEqual(["generations", "import", "activate", "health", "confirmRollback"]);
    expect(desk.answer()).toMatchObject({ port: 2222, generation: 6 });
    // There is no Hetzner at this desk.
    expect(stderr).toContain("the firewall could not be asked to let ssh in at port 2222");

    const listed = await desk.vps("generations", "devserver");
    expect([listed.code, listed.stdout]).toEqual([0, expect.stringContaining(system(5))]);
  });

  test("one that was cut off before the activation is finished, and one that ended leads back, the state's words last", async () => {
    desk.listens(22);
    rmSync(desk.path("machine", "activate"));
    expect(await desk.vps("rollback", "devserver")).toMatchObject({ code: 1 });
    expect([desk.version(), desk.answer()]).toEqual([
      expect.stringMatching(/^rolled back to generation 5 /),
      expect.objectContaining({ port: 2222 }),
    ]);

    desk.answers("activate", ["code 0"]);
    isSeen(6, 6);
    desk.listens(22, 2222);
    expect(await desk.vps("rollback", "devserver")).toMatchObject({ code: 0 });

    desk.answers("generations", generations(5, [...PORTS, `rolledBack 5 1700000100 ${system(5)}`]));
    desk.answers("health", [`system ${system(6)}`]);
    desk.listens(2222, 22);
    expect(await desk.vps("rollback", "devserver", "--to", "6")).toMatchObject({ code: 0 });
    expect([desk.version(), desk.answer()]).toEqual([VERSION, expect.objectContaining({ port: 22 })]);
  });
});

test("on the way to what the program made last the state still says rolled back, for the way may be cut off", async () => {
  await desk.vps("rollback", "devserver");
  desk.answers("generations", generations(5, [`rolledBack 5 1700000100 ${system(5)}`]));
  desk.answers("health", [`system ${system(6)}`]);
  rmSync(desk.path("machine", "confirmRollback"));

  const { code } = await desk.vps("rollback", "devserver", "--to", "6");

  expect([code, desk.version()]).toEqual([1, expect.stringMatching(/^rolled back to generation 6 on /)]);
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
