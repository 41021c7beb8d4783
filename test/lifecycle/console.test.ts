// What was edited in Hetzner's console: what a plain `pulumi up` and one with --refresh make of it (docs/drift.md). One machine's story, as
// every chapter needs a machine that is there.
import { HetznerConsole } from "./support/hetznerConsole";
import { leaveNote } from "./support/invariants";
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

const holderOf = (volume: number): number | null | undefined => world.cloud.snapshot().volumes.find(({ id }) => id === volume)?.server;

test("labels, the ssh key and the server's type are put back by --refresh; a foreign volume is left alone by all but the server's end", async () => {
  const { serverId, volumeIds } = await outputsOf(world);
  const home = volumeIds["home"] ?? 0;
  const foreign = await hetzner.newVolume("foreign");
  const labels = world.cloud.snapshot().volumes.find(({ id }) => id === home)?.labels;
  await hetzner.attach(foreign, serverId);
  await hetzner.click("PUT", `/volumes/${home.toString()}`, { labels: {} });
  await hetzner.click("DELETE", `/ssh_keys/${(world.cloud.snapshot().sshKeys[0]?.id ?? 0).toString()}`);
  await hetzner.rescale(serverId, "cx33");

  // A plain up notices nothing, and a change to what the console made already is refused before the machine is shut down.
  const began = world.events.mark();
  await world.stack.up();
  world.configure({ devserver: { ...DEVSERVER, serverType: "cx33" } });
  await expect(world.stack.up()).rejects.toThrow(/is a cx33 already.*pulumi up --refresh/s);
  expect(world.events.changesSince(began)).toEqual([]);

  // With --refresh all is as configured again, on the same server and with the same volume.
  world.configure({ devserver: DEVSERVER });
  await world.stack.up("--refresh");
  const cured = world.cloud.snapshot();
  expect(world.events.changesSince(began)).toEqual(
    expect.arrayContaining(["POST /ssh_keys", "PUT /volumes/:id", "step shutDown", "POST /servers/:id/actions/change_type"]),
  );
  expect(cured.servers).toMatchObject([{ id: serverId, status: "running" }]);
  expect(await hetzner.typeOf(serverId)).toBe("cx23");
  expect(cured.volumes.find(({ id }) => id === home)?.labels).toEqual(labels);
  expect([holderOf(home), holderOf(foreign)]).toEqual([serverId, serverId]);

  // A recreate takes the machine's own volume along; the foreign one is let go of by Hetzner when its server is deleted.
  world.configure({ devserver: { ...DEVSERVER, recreate: 1 } });
  const recreated = world.events.mark();
  await world.stack.up();
  const { serverId: next } = await outputsOf(world);
  expect([holderOf(home), holderOf(foreign)]).toEqual([next, null]);
  expect(world.events.changesSince(recreated).filter((change) => change.endsWith("/detach"))).toHaveLength(1);
  expect(await world.ssh("devserver", "cat /home/qwe/note")).toBe("precious");

  await hetzner.attach(foreign, next);
  await world.stack.destroy();
  expect(world.cloud.snapshot().volumes.map(({ id, server }) => [id, server])).toEqual([
    [home, null],
    [foreign, null],
  ]);
  expect(world.cloud.journal.violations()).toEqual([]);
});
