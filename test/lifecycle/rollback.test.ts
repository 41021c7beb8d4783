// A rollback by `vps`, as Pulumi sees it: with the real engine, the real state and a machine of the emulated cloud.
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { runVps } from "./support/vps";
import { type World, newWorld, outputsOf } from "./support/world";

let world: World;

beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.end());

const vps = (...args: string[]): ReturnType<typeof runVps> => runVps(world, args);

const runs = (): Promise<string> => world.ssh("devserver", "readlink -f /run/current-system");

test("after a rollback the preview shows the machine behind the program, and up goes forward and says from what", async () => {
  await world.stack.up();
  const first = { ...(await outputsOf(world)), system: await runs() };
  appendFileSync(join(world.stack.project.folder, "nix", "hosts", "devserver", "default.nix"), "# a change\n");
  const looked = await vps("switch", "devserver", "--dry", "--json");
  expect(JSON.parse(looked.stdout)).toMatchObject({ changes: true, active: first.system, restart: [], storeMoves: null });
  expect(await runs()).toBe(first.system);
  await world.stack.up();
  const second = await runs();
  expect(JSON.parse(looked.stdout)).toMatchObject({ system: second });

  const rolledBack = await vps("rollback", "devserver", "--json");

  expect(rolledBack).toMatchObject({ code: 0 });
  expect(JSON.parse(rolledBack.stdout)).toMatchObject({ generation: first.generation, system: first.system, changed: true });
  expect(await runs()).toBe(first.system);
  const preview = await world.stack.preview("--diff");
  expect(preview.output).toMatch(/NIXOS_VPS_SYSTEM *: "rolled back to generation \d+ on .* UTC; was [0-9a-f]{64}"\s*=> "[0-9a-f]{64}"/);
  expect(preview.output).toMatch(/1 to update/);
  expect(preview.output).not.toMatch(/\+ NIXOS_VPS_/);

  const up = await world.stack.up();
  expect(up.output).toMatch(/rolled back to generation \d+ by hand .*going forward to what the program says/);
  expect(await runs()).toBe(second);
  await world.stack.up("--expect-no-changes");
});

test("a rollback while an update has the stack is refused, and the machine is not touched", async () => {
  await world.stack.up();
  appendFileSync(join(world.stack.project.folder, "nix", "hosts", "devserver", "default.nix"), "# a change\n");
  await world.stack.up();
  const before = await runs();
  // What a killed engine leaves; one that works leaves the same until it ends.
  const locks = join(world.stack.project.backend, ".pulumi", "locks", "organization", "nixos-vps", world.stack.name);
  const { mkdirSync, writeFileSync, rmSync } = await import("node:fs");
  mkdirSync(locks, { recursive: true });
  const lock = { pid: 1, username: "somebody", hostname: "elsewhere", timestamp: new Date().toISOString() };
  writeFileSync(join(locks, "0b8c1c2e-0000-4000-8000-000000000000.json"), JSON.stringify(lock));

  const refused = await vps("rollback", "devserver");

  expect(refused).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/Another Pulumi operation works on this stack[^]*Nothing was touched/) as string,
  });
  expect(await runs()).toBe(before);
  rmSync(join(locks, "0b8c1c2e-0000-4000-8000-000000000000.json"));
  await world.stack.up("--expect-no-changes");
});
