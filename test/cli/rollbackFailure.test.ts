// `vps rollback` where it fails: what Pulumi's state says afterwards, and what is said of the machine.
import { rmSync } from "node:fs";
import { type Desk, VERSION } from "./support/desk";
import { generations, isSeen, rollbackDesk, system } from "./support/rollbackDesk";

let desk: Desk;

beforeEach(() => {
  desk = rollbackDesk();
});
afterEach(() => desk.end());

test("a machine that does not stay with the generation is not recorded as rolled back", async () => {
  desk.answers("activate", ["code 1"]);
  isSeen(desk, 6, 6);

  const { code, stdout, stderr } = await desk.vps("rollback", "devserver");

  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/Generation 5 of devserver was not confirmed: the activation failed \(exit code 1\)[^]*former system again/);
  expect(desk.version()).toBe(VERSION);
});

test("a generation that cannot be made the one that boots is not recorded either, and the reason is told", async () => {
  desk.answers("confirmRollback", ["confirmed no", "why it cannot be made the system that boots"]);
  isSeen(desk, 6, 6);

  const { code, stderr } = await desk.vps("rollback", "devserver");

  expect(code).toBe(1);
  expect(stderr).toMatch(/Generation 5 of devserver was not confirmed: it cannot be made the system that boots[^]*former system again/);
  expect(desk.version()).toBe(VERSION);
});

const TOLD = /Pulumi's state says that it was rolled back, so that the next `pulumi up` looks at the machine/;

test.each([
  ["came about", () => isSeen(desk, 5, 5)],
  ["did not come about yet", () => isSeen(desk, 5, 6, ["armed yes"])],
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
  isSeen(desk, runs, boots, more);

  const { code, stderr } = await desk.vps("rollback", "devserver");

  expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);
  expect(stderr).toMatch(TOLD);
  expect(desk.version()).toMatch(/^rolled back to generation 5 on /);
});

test("a machine that waits for the confirmation of a boot is not as it was: it goes back from that by itself, so the state keeps its words", async () => {
  desk.answers("activate", ["code 1"]);
  isSeen(desk, 6, 6, [`unconfirmed ${system(6)}`]);

  const { code, stderr } = await desk.vps("rollback", "devserver");

  expect([code, stderr]).toEqual([1, expect.stringMatching(TOLD)]);
  expect(desk.version()).toMatch(/^rolled back to generation 5 on /);
});

test("a state that cannot be told otherwise any more is told so", async () => {
  desk.answers("activate", ["code 1"]);
  isSeen(desk, 6, 6);
  desk.importsOnce("error: the stack is currently locked by 1 lock(s)");

  const { code, stderr } = await desk.vps("rollback", "devserver");

  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/former system again\. Pulumi's state says[^]*could not be told otherwise: .*Another/),
  ]);
});

test("a machine that does not answer is not recorded as rolled back", async () => {
  rmSync(desk.path("machine", "generations"));

  const { code, stderr } = await desk.vps("rollback", "devserver");

  expect([code, desk.version(), desk.order()]).toEqual([1, VERSION, []]);
  expect(stderr).toMatch(/Nothing was touched/);
  expect(stderr).not.toContain(desk.deployKey.split("\n")[1]);
});

test("on the way to what the program made last the state still says rolled back, for the way may be cut off", async () => {
  await desk.vps("rollback", "devserver");
  desk.answers("generations", generations(5, [`rolledBack 5 1700000100 ${system(5)}`]));
  desk.answers("health", [`system ${system(6)}`]);
  rmSync(desk.path("machine", "confirmRollback"));

  const { code } = await desk.vps("rollback", "devserver", "--to", "6");

  expect([code, desk.version()]).toEqual([1, expect.stringMatching(/^rolled back to generation 6 on /)]);
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
    isSeen(desk, 6, 6);
    desk.listens(22, 2222);
    expect(await desk.vps("rollback", "devserver")).toMatchObject({ code: 0 });

    desk.answers("generations", generations(5, [...PORTS, `rolledBack 5 1700000100 ${system(5)}`]));
    desk.answers("health", [`system ${system(6)}`]);
    desk.listens(2222, 22);
    expect(await desk.vps("rollback", "devserver", "--to", "6")).toMatchObject({ code: 0 });
    expect([desk.version(), desk.answer()]).toEqual([VERSION, expect.objectContaining({ port: 22 })]);
  });
});
