// A machine goes to another location with its data, as docs/volumes.md says it: with the real engine, `vps`, and real devices.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describeAsRoot } from "../steps/support/namespaceMachine";
import { leaveNote } from "./support/invariants";
import { DEVSERVER, type World, newWorld } from "./support/world";

const CHECKOUT = join(__dirname, "..", "..");
// Some GB are read for real, whatever else the computer does.
jest.setTimeout(1_200_000);

let world: World;

beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.end());

async function vps(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const tsx = createRequire(__filename).resolve("tsx");
  const { stack } = world;
  const child = spawn(process.execPath, ["--import", tsx, join(CHECKOUT, "cli", "main.ts"), "--stack", stack.name, ...args], {
    cwd: world.project.folder,
    env: { ...process.env, ...stack.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, stdout, stderr };
}

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
