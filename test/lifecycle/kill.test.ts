// The engine is killed with SIGKILL between any two steps. Running the same command again finishes the work (DESIGN §7, invariant 6).
import { killAt } from "./support/interrupt";
import { expectOneMachine, leaveNote } from "./support/invariants";
import { DEVSERVER, type World, newWorld } from "./support/world";

let world: World;

beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.end());

test.each([
  "POST /firewalls",
  "POST /ssh_keys",
  "POST /volumes",
  "POST /servers",
  "step stage",
  "POST /volumes/:id/actions/attach",
  "step lease",
  "step takeOver",
  "step switch",
])("killed at %s while the machine is made, the next up finishes: one volume, one server, no orphan", async (point) => {
  await killAt(world, point);

  await world.stack.up();

  await expectOneMachine(world, { note: false });
});

test.each([
  "POST /servers",
  "step stage",
  "step release",
  "POST /volumes/:id/actions/detach",
  "POST /volumes/:id/actions/attach",
  "step takeOver",
  "step switch",
  "DELETE /servers/:id",
])("killed at %s while the machine is recreated, the next up finishes and the data is there", async (point) => {
  await world.stack.up();
  await leaveNote(world);
  world.configure({ devserver: { ...DEVSERVER, recreate: 1 } });

  await killAt(world, point);
  await world.stack.up();

  await expectOneMachine(world);
});

test.each(["step release", "POST /volumes/:id/actions/detach", "DELETE /servers/:id"])(
  "killed at %s while the stack is destroyed, destroy again finishes and the volume is kept",
  async (point) => {
    await world.stack.up();
    await leaveNote(world);

    await killAt(world, point, ["destroy", "--yes", "--skip-preview"]);
    await world.stack.destroy("--refresh");

    expect(world.cloud.snapshot().servers).toEqual([]);
    expect(world.cloud.snapshot().volumes).toHaveLength(1);
    await world.stack.up();
    await expectOneMachine(world);
  },
);
