import { expectOneMachine, leaveNote } from "./support/invariants";
import { type World, newWorld, outputsOf } from "./support/world";

let world: World;

beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.end());

test("destroy releases, detaches and deletes the server, and the volume stays", async () => {
  await world.stack.up();
  const began = world.events.mark();

  await world.stack.destroy();

  expect(world.events.changesSince(began).filter((change) => !/ssh_keys|firewalls/.test(change))).toEqual([
    "step release",
    "POST /volumes/:id/actions/detach",
    "DELETE /servers/:id",
  ]);
  const { servers, volumes } = world.cloud.snapshot();
  expect(servers).toEqual([]);
  expect(volumes.map((volume) => volume.server)).toEqual([null]);
  expect(world.cloud.journal.violations()).toEqual([]);
});

test("the next up finds the volume again, and everything on it", async () => {
  await world.stack.up();
  await leaveNote(world);
  const { volumeIds } = await outputsOf(world);
  await world.stack.destroy();
  const began = world.events.mark();

  await world.stack.up();

  expect(world.events.changesSince(began)).not.toContain("POST /volumes");
  expect((await outputsOf(world)).volumeIds).toEqual(volumeIds);
  await expectOneMachine(world);
});

test("destroy right after the very first up keeps the volume: the option is in the state from the beginning", async () => {
  await world.stack.up();

  await world.stack.destroy();

  expect(world.cloud.snapshot().volumes).toHaveLength(1);
});

test("destroy works when the server was deleted behind our back", async () => {
  await world.stack.up();
  const { serverId } = await outputsOf(world);
  await world.cloud.loseServer(serverId);

  await world.stack.destroy("--refresh");

  expect(world.cloud.snapshot().servers).toEqual([]);
  expect(world.cloud.snapshot().volumes).toHaveLength(1);
});
