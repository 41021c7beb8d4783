import { type World, newWorld } from "./support/world";

let world: World;

beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.end());

test("up with no change does nothing, connects to no machine and asks the API once", async () => {
  await world.stack.up();
  const began = world.events.mark();

  await world.stack.up("--expect-no-changes");

  expect(world.events.requestsSince(began)).toEqual(["GET /volumes"]);
  expect(world.events.connectionsSince(began)).toEqual([]);
});

test("preview after up shows no diff, also with --refresh", async () => {
  await world.stack.up();

  await world.stack.preview("--expect-no-changes");
  await world.stack.preview("--expect-no-changes", "--refresh");
});

test("another checkout and another person's computer cause no change", async () => {
  await world.stack.up();
  const began = world.events.mark();

  await world.stack.run(["up", "--yes", "--skip-preview", "--expect-no-changes"], {
    USER: "colleague",
    HOME: "/nonexistent",
    LANG: "de_DE.UTF-8",
    TZ: "Asia/Tokyo",
  });

  expect(world.events.connectionsSince(began)).toEqual([]);
});

test("a rotated token makes the steps look and find nothing to do", async () => {
  await world.stack.up();
  const began = world.events.mark();

  await world.stack.run(["up", "--yes", "--skip-preview"], { HCLOUD_TOKEN: "rotated".padEnd(64, "1") });

  const changes = world.events.changesSince(began);
  expect(changes.filter((change) => !/^step (grow|switch)$/.test(change))).toEqual([]);
});
