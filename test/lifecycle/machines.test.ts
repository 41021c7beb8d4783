import { DEVSERVER, type World, newWorld, outputsOf } from "./support/world";
import { expectOneMachine, leaveNote } from "./support/invariants";

let world: World;

beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.end());

test("machines of one stack are independent: one is recreated, the other is not even connected to", async () => {
  const webserver = { ...DEVSERVER, host: "minimal" };
  world.configure({ devserver: DEVSERVER, webserver });
  await world.stack.up();
  const web = await outputsOf(world, "webserver");
  const began = world.cloud.journal.entries.length;

  world.configure({ devserver: { ...DEVSERVER, recreate: 1 }, webserver });
  await world.stack.up();

  const touched = world.cloud.journal.entries.slice(began).filter((entry) => entry.serverId === web.serverId);
  expect(touched).toEqual([]);
  expect(await outputsOf(world, "webserver")).toEqual(web);
  expect(world.cloud.snapshot().servers).toHaveLength(2);
});

test("a machine that is taken out of the configuration goes, and its volume stays", async () => {
  world.configure({ devserver: DEVSERVER, webserver: { ...DEVSERVER, host: "minimal" } });
  // As few places as can be: a hook that waits for anything of the engine's would wait for the place that it takes itself.
  await world.stack.up("--parallel", "1");

  world.configure({ devserver: DEVSERVER });
  await world.stack.up();

  expect(world.cloud.snapshot().servers).toHaveLength(1);
  expect(
    world.cloud
      .snapshot()
      .volumes.map((volume) => volume.server !== null)
      .sort(),
  ).toEqual([false, true]);
  expect(world.cloud.journal.violations()).toEqual([]);
});

test("another server type is a rescale: shut down cleanly first, same server, same data", async () => {
  await world.stack.up();
  await leaveNote(world);
  const before = await outputsOf(world);
  const began = world.events.mark();

  world.configure({ devserver: { ...DEVSERVER, serverType: "cx33" } });
  await world.stack.up();

  const changes = world.events.changesSince(began);
  expect(changes).toContain("POST /servers/:id/actions/change_type");
  expect(changes.indexOf("step shutDown")).toBeLessThan(changes.indexOf("POST /servers/:id/actions/change_type"));
  expect(changes).toContain("step shutDown");
  expect(changes).not.toContain("POST /servers/:id/actions/poweroff");
  expect((await outputsOf(world)).serverId).toBe(before.serverId);
  await expectOneMachine(world);
});

test("another ssh port takes effect, and the next up still finds the machine", async () => {
  await world.stack.up();
  world.configure({ devserver: { ...DEVSERVER, ssh: { port: 2022 } } });
  await world.stack.up();
  expect(await world.ssh("devserver", "hostname")).toBe("devserver");

  world.configure({ devserver: { ...DEVSERVER, ssh: { port: 2023 } } });
  await world.stack.up();

  expect(await world.ssh("devserver", "hostname")).toBe("devserver");
  // The firewall let the former port in meanwhile, and no longer.
  await world.stack.preview("--refresh", "--expect-no-changes");
});

test("replacing the server by hand under its own name is refused by Hetzner, and the live server is not taken for an orphan", async () => {
  const machine = { ...DEVSERVER, volumes: {} };
  world.configure({ devserver: machine });
  await world.stack.up();
  const { serverId } = await outputsOf(world);
  const urn =
    (await world.stack.state()).deployment.resources?.find((resource) => resource.type === "hcloud:index/server:Server")?.urn ?? "";

  await expect(world.stack.up("--replace", urn)).rejects.toThrow(/uniqueness_error/);

  expect(world.cloud.snapshot().servers.map((server) => server.id)).toEqual([serverId]);
});
