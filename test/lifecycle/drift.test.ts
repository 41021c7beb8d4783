// Things are not as Pulumi left them: what `pulumi up` makes of it (docs/drift.md).
import { expectOneMachine, leaveNote } from "./support/invariants";
import { DEVSERVER, type World, newWorld, outputsOf } from "./support/world";

let world: World;

beforeEach(async () => {
  world = await newWorld();
  await world.stack.up();
  await leaveNote(world);
});
afterEach(() => world.end());

const runs = (): Promise<string> => world.ssh("devserver", "readlink -f /run/current-system");

const withUnit = (name: string): Record<string, unknown> => ({
  units: { [`${name}.service`]: { ports: [], requiresMountsFor: [], fails: false } },
});

test("a server that was powered off in the console is powered on by `up --refresh`; a system made by hand is named by the next change", async () => {
  const { serverId } = await outputsOf(world);
  const { url } = world.cloud;
  await fetch(`${url}/servers/${serverId.toString()}/actions/poweroff`, {
    method: "POST",
    headers: { Authorization: `Bearer ${world.stack.environment["HCLOUD_TOKEN"] ?? ""}` },
  });

  const { output } = await world.stack.up("--refresh");

  expect(output).toMatch(/is powered off, whoever did that; powering it on/);
  const ours = await runs();
  await world.ssh(
    "devserver",
    "sudo cp -r /etc/nixos /root/own; sudo tee /root/own/emulated.json >/dev/null; sudo nixos-rebuild switch --flake /root/own#devserver",
    JSON.stringify(withUnit("by-hand")),
  );
  const unknown = await runs();
  expect(unknown).not.toBe(ours);

  await world.stack.up("--expect-no-changes");
  expect(await runs()).toBe(unknown);

  world.project.emulate(withUnit("by-us"));
  const changed = await world.stack.up();
  expect(changed.output).toContain(`runs a system that this program did not make (${unknown}; the last one made was ${ours})`);
  expect([ours, unknown]).not.toContain(await runs());
  expect(await world.ssh("devserver", "readlink /nix/var/nix/profiles/system-*-link")).toContain(unknown);
  await expectOneMachine(world);
});

test("a server that was deleted in the console is made anew by `up --refresh`, with its volume", async () => {
  const { serverId } = await outputsOf(world);
  await world.cloud.loseServer(serverId);

  await world.stack.up("--refresh");

  await expectOneMachine(world);
});

test("a machine under another name is refused before anything happens, and goes on serving", async () => {
  const began = world.events.mark();
  world.configure({ webserver: { ...DEVSERVER, host: "minimal" } });

  await expect(world.stack.preview()).rejects.toThrow(/webserver would get new, empty volumes.*nixos-vps\/machine=webserver/s);

  expect(world.events.changesSince(began)).toEqual([]);
  expect(world.cloud.isServed("devserver")).toBe(true);
});
