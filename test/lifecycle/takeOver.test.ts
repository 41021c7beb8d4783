// The part of a recreate in which nobody serves, and what it takes for the old server to be given up.
import { expectOneMachine, leaveNote } from "./support/invariants";
import { DEVSERVER, type World, newWorld, outputsOf } from "./support/world";

const RECREATED = { devserver: { ...DEVSERVER, recreate: 1 } };
let world: World;

beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.end());

test("the new system is built on the old server while it serves; from its power-off on nothing is built or copied", async () => {
  await world.stack.up();
  await leaveNote(world);
  const former = (await outputsOf(world)).serverId;
  const begin = world.cloud.journal.entries.length;

  world.configure(RECREATED);
  const { output } = await world.stack.run(["up", "--yes", "--skip-preview"]);

  const happened = world.cloud.journal.entries.slice(begin).filter(({ kind }) => kind === "machine");
  const index = (words: RegExp): number => happened.findIndex(({ serverId, text }) => serverId === former && words.test(text));
  const work = happened.flatMap(({ text, serverId }, n) => (/^build |copied/.test(text) ? [{ n, onFormer: serverId === former }] : []));
  expect(work).toEqual([{ n: index(/^build /), onFormer: true }]);
  expect(index(/^build /)).toBeLessThan(index(/^poweroff/));
  expect(output).toContain("the system is on the volume");
  await expectOneMachine(world);
});

test("a machine that is not well after the take-over fails the up, with both servers kept; mended in the configuration, the next up finishes", async () => {
  await world.stack.up();
  await leaveNote(world);
  const before = await outputsOf(world);
  world.project.emulate({ programs: { "vps-health": "#!/bin/sh\necho 'FAIL  website: no answer within 10 s'\nexit 1\n" } });
  world.configure(RECREATED);

  const up = world.stack.run(["up", "--yes", "--skip-preview"], { NIXOS_VPS_LIMIT_FACTOR: "0.2" });
  await expect(up).rejects.toThrow(/is not well: website: no answer.*former server.*is off and is kept/s);
  const servers = world.cloud.snapshot().servers;
  expect(servers).toHaveLength(2);
  expect(servers.find(({ id }) => id === before.serverId)?.status).toBe("off");
  expect(world.cloud.isServed("devserver")).toBe(true);

  world.project.emulate({});
  await world.stack.up();

  await expectOneMachine(world);
});
