// The machine's volume is on a server where Pulumi's state does not believe it to be (docs/drift.md).
import { join } from "node:path";
import { HetznerConsole } from "./support/hetznerConsole";
import { expectOneMachine, leaveNote } from "./support/invariants";
import { DEVSERVER, type World, newWorld, outputsOf } from "./support/world";

let world: World;
let hetzner: HetznerConsole;

beforeEach(async () => {
  world = await newWorld();
  hetzner = new HetznerConsole(world);
  await world.stack.up();
  await leaveNote(world);
});
afterEach(() => world.end());

const RECREATED = { devserver: { ...DEVSERVER, recreate: 1 } };
const detachments = (began: number): string[] => world.events.changesSince(began).filter((change) => change.endsWith("/detach"));

// Hetzner's provider would detach it from whatever server has it (seen), and with --refresh even where nothing else changed.
test("on somebody else's server: no refresh, destroy or recreate takes it from there, and the words say who has it", async () => {
  const { serverId, volumeIds } = await outputsOf(world);
  const home = volumeIds["home"] ?? 0;
  const stranger = await hetzner.newServer("bookkeeping");
  await hetzner.shutDown(serverId);
  await hetzner.detach(home);
  await hetzner.attach(home, stranger);
  const began = world.events.mark();
  const refused = /home of devserver is attached to bookkeeping .*was left there.*Hetzner's console/s;

  await world.stack.up(); // nothing changed, so nothing is noticed
  await expect(world.stack.up("--refresh")).rejects.toThrow(refused);
  await expect(world.stack.destroy()).rejects.toThrow(refused);
  world.configure(RECREATED);
  await expect(world.stack.up()).rejects.toThrow(refused);

  expect(detachments(began)).toEqual([]);
  expect(world.cloud.snapshot().volumes.map(({ server }) => server)).toEqual([stranger]);
  await hetzner.shutDown(stranger);
  await hetzner.detach(home);
  await hetzner.click("DELETE", `/servers/${stranger.toString()}`);
  await world.stack.up("--refresh");
  await expectOneMachine(world);
});

test("on a server of this machine that no state knows, as after an older state was put back: it is released there, then attached anew", async () => {
  const file = join(world.project.folder, "older.json");
  await world.stack.run(["stack", "export", "--file", file]);
  world.configure(RECREATED);
  await world.stack.up();
  const { serverId: unknown } = await outputsOf(world);
  await world.stack.run(["stack", "import", "--file", file]);
  const began = world.events.mark();

  const { output } = await world.stack.up("--refresh");

  expect(output).toMatch(/attached to test-devserver-.*, which no state knows of; it is released there, then attached anew/);
  expect(detachments(began)).toHaveLength(1);
  expect(world.cloud.snapshot().servers.find(({ id }) => id === unknown)?.status).toBe("off");
  await hetzner.click("DELETE", `/servers/${unknown.toString()}`);
  await expectOneMachine(world);
});
