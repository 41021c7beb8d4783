// A machine goes to another location with its data, as docs/volumes.md says it: with the real engine, `vps`, and real devices.
import { describeAsRoot } from "../steps/support/namespaceMachine";
import { leaveNote } from "./support/invariants";
import { runVps } from "./support/vps";
import { DEVSERVER, type World, newWorld } from "./support/world";

// Some GB are read for real, whatever else the computer does.
jest.setTimeout(1_200_000);

let world: World;

beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.end());

const vps = (...args: string[]): ReturnType<typeof runVps> => runVps(world, args);

describeAsRoot("a machine", () => {
  test("is released, its volume copied to another location, and made there with all its data", async () => {
    await world.stack.up();
    await leaveNote(world);

    world.configure({});
    await world.stack.up();
    const moved = await vps("volume", "move", "devserver", "home", "--to", "nbg1");
    expect([moved.code, moved.stderr]).toEqual([0, expect.stringContaining("pieces are equal")]);
    world.configure({ devserver: { ...DEVSERVER, location: "nbg1" } });
    await world.stack.up();

    expect(await world.ssh("devserver", "cat /home/qwe/note")).toBe("precious");
    const { volumes, servers } = world.cloud.snapshot();
    expect(servers).toHaveLength(1);
    expect(volumes.map(({ name, server }) => [name, server !== null])).toEqual([
      ["test-devserver-home", false],
      ["test-devserver-home-nbg1", true],
    ]);
    expect(world.cloud.journal.violations()).toEqual([]);

    const deleted = await vps("volume", "delete", "test-devserver-home", "--name-typed", "test-devserver-home");
    expect([deleted.code, world.cloud.snapshot().volumes.map(({ name }) => name)]).toEqual([0, ["test-devserver-home-nbg1"]]);
  });
});
