// A public address less: Hetzner takes it off a server that is off, so the machine is shut down in good order before and verified after.
import { setTimeout as sleep } from "node:timers/promises";
import { killAt } from "./support/interrupt";
import { expectOneMachine, leaveNote } from "./support/invariants";
import { DEVSERVER, type World, newWorld, outputsOf } from "./support/world";

let world: World;

beforeEach(async () => {
  world = await newWorld();
  await world.stack.up();
  await leaveNote(world);
});
afterEach(() => world.end());

const withAddresses = (more: object) => ({ devserver: { ...DEVSERVER, ...more } });

/** What befell the machine itself, e.g. `power off (clean)`. */
const powerEvents = (): string[] =>
  world.cloud.journal.entries.filter(({ kind, text }) => kind === "machine" && text.startsWith("power off")).map(({ text }) => text);

/** The one change that any of these is, in the order in which it must be made. */
const CHANGE = [
  "step shutDown",
  "POST /servers/:id/actions/poweroff",
  "POST /primary_ips/:id/actions/unassign",
  "DELETE /primary_ips/:id",
  "POST /servers/:id/actions/poweron",
  "step grow",
  "step switch",
];

test("each of two addresses can be given up on the same server; the way back is a new server, and nothing is done before that is said", async () => {
  const first = await outputsOf(world);
  let began = world.events.mark();

  world.configure(withAddresses({ ipv4: false }));
  const { output } = await world.stack.up();

  expect(withoutLabels(began)).toEqual(CHANGE);
  expect(powerEvents()).toEqual(["power off (clean)"]);
  expect(output).toMatch(/waiting for devserver at 2001:db8.*verifying/s);
  const second = await outputsOf(world);
  expect([second.serverId, second.address]).toEqual([first.serverId, expect.stringMatching(/^2001:db8:/)]);
  expect(world.cloud.snapshot().primaryIps).toHaveLength(1);
  await expectOneMachine(world);

  world.configure(withAddresses({}));
  began = world.events.mark();
  await expect(world.stack.preview()).rejects.toThrow(/has ipv6 and is to have ipv4 and ipv6.*Raise the machine's `recreate`/s);
  expect(world.events.changesSince(began)).toEqual([]);
  expect(world.cloud.isServed("devserver")).toBe(true);

  world.configure(withAddresses({ recreate: 1 }));
  await world.stack.up();

  const third = await outputsOf(world);
  expect(third.serverId).not.toBe(second.serverId);
  expect(world.cloud.snapshot().primaryIps).toHaveLength(2);
  await expectOneMachine(world);

  world.configure(withAddresses({ recreate: 1, ipv6: false }));
  began = world.events.mark();
  await world.stack.up();

  expect(withoutLabels(began)).toEqual(CHANGE.filter((change) => change !== "step grow"));
  expect(await outputsOf(world)).toMatchObject({ serverId: third.serverId, address: third.address });
  await expectOneMachine(world);
});

test("where Hetzner refuses it the machine serves again; killed in the middle of it, the next up leaves no address that is paid for", async () => {
  const { serverId } = await outputsOf(world);
  world.configure(withAddresses({ ipv4: false }));
  world.cloud.faults.failNext("POST /primary_ips/:id/actions/unassign", { status: 422, code: "service_error" });

  await expect(world.stack.up()).rejects.toThrow(/service_error.*switched on again as it was \(cx23\)/s);

  while (!world.cloud.isServed("devserver")) await sleep(50);
  await killAt(world, "POST /primary_ips/:id/actions/unassign");
  expect(world.cloud.snapshot().primaryIps.filter(({ assignee }) => assignee === null)).toHaveLength(1);
  const { output } = await world.stack.up("--refresh");

  expect(output).toMatch(/removed the address 198\.18.*which an interrupted run had taken off/);
  expect(powerEvents()).toEqual(["power off (clean)", "power off (clean)"]);
  expect((await outputsOf(world)).serverId).toBe(serverId);
  await expectOneMachine(world);
});

function withoutLabels(since: number): string[] {
  return world.events.changesSince(since).filter((change) => !change.startsWith("PUT "));
}
