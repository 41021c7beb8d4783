import { expectOneMachine, leaveNote } from "./support/invariants";
import { DEVSERVER, type World, newWorld, outputsOf } from "./support/world";

let world: World;

beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.end());

test("a raised `reinstall` installs again on the same server: preview says what is lost, volumes are neither detached nor released", async () => {
  await world.stack.up();
  await leaveNote(world);
  await world.ssh("devserver", "sudo touch /root/lost");
  const before = await outputsOf(world);
  const began = world.events.mark();
  world.configure({ devserver: { ...DEVSERVER, reinstall: 1 } });

  const { output } = await world.stack.preview();
  await world.stack.up();

  expect(output).toMatch(/installed again on its server: its root disk is erased; what is on the volume home is kept/);
  expect(world.events.changesSince(began).filter((change) => !change.startsWith("PUT "))).toEqual([
    "step stage",
    "POST /servers/:id/actions/rebuild",
    "step takeOver",
    "step switch",
  ]);
  expect(await outputsOf(world)).toMatchObject({ serverId: before.serverId, address: before.address, hostPublicKey: before.hostPublicKey });
  expect(await world.ssh("devserver", "sudo ls /root/lost 2>/dev/null || echo gone")).toBe("gone");
  await expectOneMachine(world);
  await world.stack.up("--expect-no-changes");
});
