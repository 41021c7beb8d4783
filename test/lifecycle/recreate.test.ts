import { expectOneMachine, leaveNote } from "./support/invariants";
import { DEVSERVER, type World, newWorld, outputsOf } from "./support/world";

let world: World;

beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.end());

test("with overlap the old server serves until the new one is staged, and nothing is detached before it is released", async () => {
  await world.stack.up();
  await leaveNote(world);
  const before = await outputsOf(world);
  const began = world.events.mark();

  world.configure({ devserver: { ...DEVSERVER, recreate: 1 } });
  await world.stack.up();

  expect(world.events.changesSince(began)).toEqual([
    "POST /servers",
    "step stage",
    "step release",
    "POST /volumes/:id/actions/detach",
    "POST /volumes/:id/actions/attach",
    "step lease",
    "step takeOver",
    "step switch",
    "DELETE /servers/:id",
  ]);
  const after = await outputsOf(world);
  expect(after.serverId).not.toBe(before.serverId);
  expect(after.hostPublicKey).toBe(before.hostPublicKey);
  await expectOneMachine(world);
});

test("with overlap and two volumes both are released before either is detached from a running system", async () => {
  const machine = { ...DEVSERVER, volumes: { home: { size: 10 }, data: { size: 10, mountPoint: "/srv/data" } } };
  world.configure({ devserver: machine });
  await world.stack.up();
  await leaveNote(world);
  await world.ssh("devserver", "sudo tee /srv/data/more", "kept too");
  const began = world.events.mark();

  world.configure({ devserver: { ...machine, recreate: 1 } });
  await world.stack.up();

  const changes = world.events.changesSince(began);
  expect(changes.slice(0, 2)).toEqual(["POST /servers", "step stage"]);
  expect(changes.slice(-3)).toEqual(["step takeOver", "step switch", "DELETE /servers/:id"]);
  const middle = changes.slice(2, -3);
  expect([...middle].sort()).toEqual(
    ["attach", "attach", "detach", "detach"]
      .map((action) => `POST /volumes/:id/actions/${action}`)
      .concat("step lease", "step lease", "step release", "step release")
      .sort(),
  );
  expect(middle.filter((change) => /release|detach/.test(change))[0]).toBe("step release");
  expect(await world.ssh("devserver", "cat /srv/data/more")).toBe("kept too");
  await expectOneMachine(world, { volumes: 2 });
});

test("with delete-first the old server is gone before the new one is asked for", async () => {
  const machine = { ...DEVSERVER, strategy: "delete-first" };
  world.configure({ devserver: machine });
  await world.stack.up();
  await leaveNote(world);
  const began = world.events.mark();

  world.configure({ devserver: { ...machine, recreate: 1 } });
  await world.stack.up();

  expect(world.events.changesSince(began)).toEqual([
    "step release",
    "POST /volumes/:id/actions/detach",
    "DELETE /servers/:id",
    "POST /servers",
    "step stage",
    "POST /volumes/:id/actions/attach",
    "step lease",
    "step takeOver",
    "step switch",
  ]);
  await expectOneMachine(world);
});

test("the volume leaves the old server only after that was powered off cleanly", async () => {
  await world.stack.up();
  const { serverId } = await outputsOf(world);

  world.configure({ devserver: { ...DEVSERVER, recreate: 1 } });
  await world.stack.up();

  const happened = world.cloud.journal.entries
    .filter((entry) => entry.serverId === serverId || entry.path?.includes("detach"))
    .map((entry) => entry.text);
  const off = happened.findIndex((text) => /power(ed)? off|off/i.test(text));
  const detached = happened.findIndex((text) => text.includes("detach"));
  expect(off).toBeGreaterThan(-1);
  expect(off).toBeLessThan(detached);
  expect(world.cloud.journal.violations()).toEqual([]);
});

test("when no server is to be had, the old one goes on serving and the next up finishes", async () => {
  await world.stack.up();
  await leaveNote(world);
  const before = await outputsOf(world);
  world.cloud.faults.failNext("POST /servers", { status: 412, code: "resource_unavailable" });
  world.configure({ devserver: { ...DEVSERVER, recreate: 1 } });

  await expect(world.stack.up()).rejects.toThrow(/cx23 is not available in fsn1.*still serves/s);
  expect(world.cloud.isServed("devserver")).toBe(true);
  expect((await outputsOf(world)).serverId).toBe(before.serverId);

  await world.stack.up();
  await expectOneMachine(world);
});

test("a machine whose home alone is on a volume is recreated with its data", async () => {
  const machine = { ...DEVSERVER, volumes: { home: { size: 10, store: false } } };
  world.configure({ devserver: machine });
  await world.stack.up();
  await leaveNote(world);

  world.configure({ devserver: { ...machine, recreate: 1 } });
  await world.stack.up();

  await expectOneMachine(world);
});

test("a machine without volumes is recreated as well", async () => {
  const machine = { ...DEVSERVER, volumes: {} };
  world.configure({ devserver: machine });
  await world.stack.up();
  const before = await outputsOf(world);

  world.configure({ devserver: { ...machine, recreate: 1 } });
  await world.stack.up();

  expect((await outputsOf(world)).serverId).not.toBe(before.serverId);
  await expectOneMachine(world, { volumes: 0, note: false });
});
