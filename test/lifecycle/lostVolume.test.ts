// A volume that is not where the labels and the state are looked up: an empty one never takes its place without a word (docs/drift.md).
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

test("a volume that was deleted in the console is named and not made anew, until an up without it was asked for", async () => {
  const { serverId, volumeIds } = await outputsOf(world);
  const home = volumeIds["home"] ?? 0;
  await hetzner.shutDown(serverId);
  await hetzner.detach(home);
  await hetzner.deleteVolume(home);
  const began = world.events.mark();
  const words = new RegExp(
    `devserver: its volume home \\(${home.toString()}\\) does not exist at Hetzner any more.*no volume was made`,
    "s",
  );

  await world.stack.up(); // nothing changed, so nothing is noticed
  await expect(world.stack.preview("--refresh")).rejects.toThrow(words);
  await expect(world.stack.up("--refresh")).rejects.toThrow(words);
  await expect(world.stack.up()).rejects.toThrow(words);

  expect(world.events.changesSince(began)).toEqual([]);
  world.configure({ devserver: { ...DEVSERVER, volumes: {} } });
  await world.stack.up("--refresh");
  world.configure({ devserver: DEVSERVER });
  await world.stack.up();
  await expectOneMachine(world, { note: false });
});

test("a volume that lost its labels, and that the state forgot, is found by its id and named", async () => {
  const { volumeIds } = await outputsOf(world);
  const home = volumeIds["home"] ?? 0;
  await hetzner.click("PUT", `/volumes/${home.toString()}`, { labels: {}, name: "renamed" });
  const { deployment } = await world.stack.state();
  const urn = deployment.resources?.find(({ type }) => type === "hcloud:index/volume:Volume")?.urn ?? "";
  await world.stack.run(["state", "delete", urn, "--target-dependents", "--yes"]);

  await expect(world.stack.up()).rejects.toThrow(
    /its volume home is still at Hetzner as renamed \(\d+\).*vps volume adopt devserver home/s,
  );

  expect(world.cloud.snapshot().volumes.map(({ id }) => id)).toEqual([home]);
});
