import { killAt } from "./support/interrupt";
import { expectOneMachine, leaveNote } from "./support/invariants";
import { DEVSERVER, type World, newWorld, outputsOf } from "./support/world";

let world: World;

beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.end());

const ofType = (serverType: string, more: object = {}) => ({ devserver: { ...DEVSERVER, serverType, ...more } });

test("a rescale is verified within the same up, keeps the disk, and can be taken back", async () => {
  await world.stack.up();
  await leaveNote(world);
  const began = world.events.mark();

  world.configure(ofType("cx33"));
  await world.stack.up();

  const changes = world.events.changesSince(began);
  expect(changes.filter((change) => !change.startsWith("PUT "))).toEqual([
    "step shutDown",
    "POST /servers/:id/actions/change_type",
    "step switch",
  ]);
  world.configure(ofType("cx23"));
  await world.stack.up();
  await expectOneMachine(world);
});

test("a rescale that would have to shrink the disk is refused in the preview already, and the machine serves on", async () => {
  world.configure(ofType("cx33"));
  await world.stack.up();
  const { serverId } = await outputsOf(world);
  const began = world.events.mark();
  world.configure(ofType("cx23"));

  await expect(world.stack.preview()).rejects.toThrow(/was not touched: its root disk has 80 GB, a cx23 has only 40 GB/);
  await expect(world.stack.up()).rejects.toThrow(/disks cannot shrink.*raise the machine's `recreate`/s);

  expect(world.events.changesSince(began)).toEqual([]);
  expect(world.cloud.isServed("devserver")).toBe(true);
  expect((await outputsOf(world)).serverId).toBe(serverId);
});

test("a type that is not to be had is refused before the machine is shut down; one that Hetzner refuses later leaves it running", async () => {
  await world.stack.up();
  await leaveNote(world);
  world.configure(ofType("cx33"));
  world.cloud.stock.set("cx33", "fsn1", false);
  const began = world.events.mark();

  await expect(world.stack.up()).rejects.toThrow(/cx33 is not available in fsn1 right now/);

  expect(world.events.changesSince(began)).toEqual([]);
  world.cloud.stock.set("cx33", "fsn1", true);
  world.cloud.faults.failNext("POST /servers/:id/actions/change_type", { status: 422, code: "service_error" });
  await expect(world.stack.up()).rejects.toThrow(/switched on again as it was \(cx23\)/);
  await world.stack.up();
  await expectOneMachine(world);
});

test("killed while the server is off for it, the next up finishes the rescale", async () => {
  await world.stack.up();
  await leaveNote(world);
  world.configure(ofType("cx33"));
  await killAt(world, "step shutDown");

  await world.stack.up();

  expect(world.events.changesSince(0).filter((change) => change.endsWith("change_type"))).toHaveLength(1);
  await expectOneMachine(world);
});

test("killed when Hetzner has rescaled already, the next up leaves the machine alone and says how the state learns of it", async () => {
  await world.stack.up();
  await leaveNote(world);
  world.configure(ofType("cx33"));
  await killAt(world, "POST /servers/:id/actions/change_type");
  await expect(world.stack.up()).rejects.toThrow(/is a cx33 already.*pulumi up --refresh/s);

  await world.stack.up("--refresh");

  await expectOneMachine(world);
});

test("an address that cannot be had on the server that is there is refused before the machine is shut down", async () => {
  world.configure(ofType("cx23", { ipv6: false }));
  await world.stack.up();
  const began = world.events.mark();
  for (const addresses of [{ ipv4: false, ipv6: true }, {}]) {
    world.configure(ofType("cx23", addresses));

    await expect(world.stack.preview()).rejects.toThrow(
      /has ipv4 and is to have .*ipv6, which cannot be done.*Raise the machine's `recreate`/s,
    );
  }

  expect(world.events.changesSince(began)).toEqual([]);
  expect(world.cloud.isServed("devserver")).toBe(true);
});
