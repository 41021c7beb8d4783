// The engine is killed with SIGKILL between any two steps. Running the same command again finishes the work (DESIGN §7, invariant 6).
import { killAt } from "./support/interrupt";
import { expectOneMachine, leaveNote } from "./support/invariants";
import { DEVSERVER, type World, newWorld } from "./support/world";

let world: World;

beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.end());

// These are asked for side by side, so one kill may cut off several of them.
test.each(["POST /firewalls", "POST /ssh_keys", "POST /volumes"])(
  "killed at %s before the state knows of it, the next up finds or removes what was made",
  async (point) => {
    await killAt(world, point);

    await world.stack.up();

    await expectOneMachine(world, { note: false });
    const { firewalls, sshKeys } = world.cloud.snapshot();
    expect([firewalls.length, sshKeys.length]).toEqual([1, 1]);
  },
);

test("killed again and again while the machine is made, the last up finishes: one volume, one server, no orphan", async () => {
  for (const point of ["POST /servers", "step stage", "POST /volumes/:id/actions/attach", "step lease", "step takeOver", "step switch"]) {
    await killAt(world, point);
  }

  await world.stack.up();

  await expectOneMachine(world, { note: false });
});

test("killed again and again while the machine is recreated, the last up finishes and the data is there", async () => {
  await world.stack.up();
  await leaveNote(world);
  world.configure({ devserver: { ...DEVSERVER, recreate: 1 } });

  for (const point of [
    "POST /servers",
    "step stage",
    "step release",
    "POST /volumes/:id/actions/detach",
    "POST /volumes/:id/actions/attach",
    "step takeOver",
    "step switch",
  ]) {
    await killAt(world, point);
  }
  await world.stack.up();

  await expectOneMachine(world);
});

test("killed again and again while it is recreated with delete-first, the last up finishes and the data is there", async () => {
  const machine = { ...DEVSERVER, strategy: "delete-first" };
  world.configure({ devserver: machine });
  await world.stack.up();
  await leaveNote(world);
  world.configure({ devserver: { ...machine, recreate: 1 } });

  for (const point of [
    "step release",
    "POST /volumes/:id/actions/detach",
    "POST /servers",
    "step stage",
    "POST /volumes/:id/actions/attach",
    "step takeOver",
  ]) {
    await killAt(world, point);
  }
  await world.stack.up();

  await expectOneMachine(world);
});

test("killed again and again while a volume is added, and while it is taken away: it is mounted, then kept, and the machine serves on", async () => {
  await world.stack.up();
  await leaveNote(world);

  world.configure({ devserver: { ...DEVSERVER, volumes: { home: { size: 10 }, data: { size: 10, mountPoint: "/srv/data" } } } });
  for (const point of ["POST /volumes", "POST /volumes/:id/actions/attach", "step switch"]) await killAt(world, point);
  await world.stack.up();
  expect(await world.ssh("devserver", "findmnt -n -o FSTYPE /srv/data")).toBe("ext4");
  await expectOneMachine(world, { volumes: 2 });

  world.configure({ devserver: DEVSERVER });
  for (const point of ["step switch", "step release", "POST /volumes/:id/actions/detach"]) await killAt(world, point);
  await world.stack.up();
  expect(world.cloud.snapshot().volumes.filter(({ server }) => server === null)).toMatchObject([{ name: "test-devserver-data" }]);
  expect(world.cloud.journal.violations()).toEqual([]);
  expect(world.cloud.isServed("devserver")).toBe(true);
});

test("killed when Hetzner has deleted the old server, the next up says that nothing is wrong, and one with --refresh finishes", async () => {
  await world.stack.up();
  await leaveNote(world);
  world.configure({ devserver: { ...DEVSERVER, recreate: 1 } });

  await killAt(world, "DELETE /servers/:id");
  await expect(world.stack.up()).rejects.toThrow(/is gone already.*Nothing is wrong with the machine.*pulumi up --refresh/s);
  await world.stack.up("--refresh");

  await expectOneMachine(world);
});

test("killed again and again while the stack is destroyed, destroy finishes and the next up finds the volume", async () => {
  await world.stack.up();
  await leaveNote(world);

  for (const point of ["step release", "POST /volumes/:id/actions/detach", "DELETE /servers/:id"]) {
    await killAt(world, point, ["destroy", "--yes", "--skip-preview"]);
  }
  await world.stack.destroy("--refresh");

  expect(world.cloud.snapshot().servers).toEqual([]);
  expect(world.cloud.snapshot().volumes).toHaveLength(1);
  await world.stack.up();
  await expectOneMachine(world);
});
