import { mayGrowMounted } from "../steps/support/capabilities";
import { killAt } from "./support/interrupt";
import { expectOneMachine, leaveNote } from "./support/invariants";
import { DEVSERVER, type World, newWorld, outputsOf } from "./support/world";

const WITH_DATA = { ...DEVSERVER, volumes: { home: { size: 10 }, data: { size: 10, mountPoint: "/srv/data" } } };
let world: World;

const mebibytes = async (mountPoint: string): Promise<number> =>
  Number(await world.ssh("devserver", `df --output=size -BM ${mountPoint} | tail -n 1 | tr -dc 0-9`));

beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.end());

test("a volume that is added touches neither the server nor the take-over", async () => {
  await world.stack.up();
  await leaveNote(world);
  const { serverId } = await outputsOf(world);
  const began = world.events.mark();

  world.configure({ devserver: WITH_DATA });
  await world.stack.up();

  const changes = world.events.changesSince(began).filter((change) => !change.includes("change_protection"));
  expect(changes).toEqual(["POST /volumes", "POST /volumes/:id/actions/attach", "step lease", "step switch"]);
  expect((await outputsOf(world)).serverId).toBe(serverId);
  expect(await world.ssh("devserver", "findmnt -n -o FSTYPE /srv/data")).toBe("ext4");
  await expectOneMachine(world, { volumes: 2 });
});

test("a volume that is removed leaves after the switch to a system without it, and is kept", async () => {
  world.configure({ devserver: WITH_DATA });
  await world.stack.up();
  await leaveNote(world);
  const began = world.events.mark();

  world.configure({ devserver: DEVSERVER });
  await world.stack.up();

  expect(world.events.changesSince(began)).toEqual(["step switch", "step release", "POST /volumes/:id/actions/detach"]);
  const attached = world.cloud.snapshot().volumes.map(({ name, server }) => [name, server !== null]);
  expect(Object.fromEntries(attached)).toEqual({ "test-devserver-home": true, "test-devserver-data": false });
  expect(await world.ssh("devserver", "cat /home/qwe/note")).toBe("precious");
});

test("a volume that is asked to shrink is refused before anything happens", async () => {
  world.configure({ devserver: { ...DEVSERVER, volumes: { home: { size: 20 } } } });
  await world.stack.up();
  const began = world.events.mark();
  world.configure({ devserver: DEVSERVER });

  await expect(world.stack.up()).rejects.toThrow(/holds 20 GB and cannot shrink to 10 GB/);

  expect(world.events.changesSince(began)).toEqual([]);
});

test("a volume that is asked to move to another location is refused before anything happens", async () => {
  await world.stack.up();
  const began = world.events.mark();
  world.configure({ devserver: { ...DEVSERVER, location: "nbg1" } });

  await expect(world.stack.up()).rejects.toThrow(/is in fsn1 and volumes cannot change location/);

  expect(world.events.changesSince(began)).toEqual([]);
});

test("a volume that grows is resized in place and so is its file system, while the machine serves on", async () => {
  await world.stack.up();
  await leaveNote(world);
  const boot = await world.ssh("devserver", "cat /proc/sys/kernel/random/boot_id");
  const began = world.events.mark();

  world.configure({ devserver: { ...DEVSERVER, volumes: { home: { size: 12 } } } });
  await world.stack.up();

  expect(world.events.changesSince(began)).toEqual(["POST /volumes/:id/actions/resize", "step grow"]);
  if (mayGrowMounted()) expect(await mebibytes("/home")).toBeGreaterThan(11 * 1024);
  expect(await world.ssh("devserver", "cat /proc/sys/kernel/random/boot_id")).toBe(boot);
  await expectOneMachine(world);

  const grown = world.events.mark();
  await world.stack.up();
  expect(world.events.changesSince(grown)).toEqual([]);
  expect(world.events.connectionsSince(grown)).toEqual([]);
});

test("killed when Hetzner has made the volume bigger, the next up lets the file system follow, and knows the size", async () => {
  await world.stack.up();
  await leaveNote(world);
  world.configure({ devserver: { ...DEVSERVER, volumes: { home: { size: 12 } } } });
  await killAt(world, "POST /volumes/:id/actions/resize");
  const began = world.events.mark();

  await world.stack.up();

  expect(world.events.changesSince(began)).toEqual(["step grow"]);
  if (mayGrowMounted()) expect(await mebibytes("/home")).toBeGreaterThan(11 * 1024);
  await expectOneMachine(world);
  await world.stack.preview("--expect-no-changes");
  await world.stack.up("--refresh");
  await world.stack.preview("--expect-no-changes");
});

test("a volume that is found again by a larger size grows, and its file system when the machine boots", async () => {
  await world.stack.up();
  await leaveNote(world);
  await world.stack.destroy();

  world.configure({ devserver: { ...DEVSERVER, volumes: { home: { size: 12 } } } });
  await world.stack.up();

  expect(world.cloud.snapshot().volumes.map(({ size }) => size)).toEqual([12]);
  expect(await mebibytes("/home")).toBeGreaterThan(11 * 1024);
  await expectOneMachine(world);
});

test("two volumes with the same labels are a refusal, as which one holds the data cannot be told", async () => {
  await world.stack.up();
  const [volume] = world.cloud.snapshot().volumes;
  const { url } = world.cloud;
  const twin = { name: "twin", size: 10, location: "fsn1", labels: volume?.labels };
  await fetch(`${url}/volumes`, {
    method: "POST",
    headers: { Authorization: `Bearer ${world.stack.environment["HCLOUD_TOKEN"] ?? ""}`, "Content-Type": "application/json" },
    body: JSON.stringify(twin),
  });
  const began = world.events.mark();

  await expect(world.stack.up()).rejects.toThrow(/both carry the labels of this one/);

  expect(world.events.changesSince(began)).toEqual([]);
});
