// Something fails on the way. The next `pulumi up` finishes the work; nothing is lost, nothing is left over.
import { expectOneMachine, leaveNote } from "./support/invariants";
import { DEVSERVER, type World, newWorld, outputsOf } from "./support/world";

const RECREATED = { devserver: { ...DEVSERVER, recreate: 1 } };
let world: World;

beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.end());

describe("while a machine is made", () => {
  test.each([
    ["no server is to be had", "POST /servers", { status: 412, code: "resource_unavailable" }],
    ["the volume cannot be made", "POST /volumes", { status: 503, code: "unavailable" }],
    ["the attachment is refused", "POST /volumes/:id/actions/attach", { status: 422, code: "service_error" }],
  ])("%s: the next up finishes", async (_, request, error) => {
    world.cloud.faults.failNext(request, error);

    await expect(world.stack.up()).rejects.toThrow();
    await world.stack.up();

    await expectOneMachine(world, { note: false });
  });

  // Found by `npm run chaos`, seed 11: what was ordered is in the state, and the provider cannot change an attachment.
  test.each(["start_server", "attach_volume"])("Hetzner accepts %s and does not carry it out: the next up finishes", async (command) => {
    world.cloud.faults.failAction(command);

    await expect(world.stack.up()).rejects.toThrow(/action_failed/);
    await world.stack.up();

    await expectOneMachine(world, { note: false });
  });

  test("the attachment finds the server locked, and is tried again within the same up", async () => {
    world.cloud.faults.failNext("POST /volumes/:id/actions/attach", { status: 423, code: "locked" });

    await world.stack.up();

    await expectOneMachine(world, { note: false });
  });

  // Found by `npm run chaos`, seed 3.
  test("the volume is made but not protected: it is before anything is put on it, and the state is equal to the cloud", async () => {
    world.cloud.faults.failNext("POST /volumes/:id/actions/change_protection", { status: 500, code: "server_error" });

    await expect(world.stack.up()).rejects.toThrow();
    await world.stack.up();

    await world.stack.preview("--refresh", "--expect-no-changes");
    await expectOneMachine(world, { note: false });
  });

  test("the flake does not evaluate: the next up, with it mended, finishes on the same server", async () => {
    world.project.emulate({ kernel: 7 });
    await expect(world.stack.up()).rejects.toThrow(/kernel/);
    world.project.emulate({});

    await world.stack.up();

    await expectOneMachine(world, { note: false });
  });
});

describe("while a machine is recreated", () => {
  let before: Awaited<ReturnType<typeof outputsOf>>;

  beforeEach(async () => {
    await world.stack.up();
    await leaveNote(world);
    before = await outputsOf(world);
    world.configure(RECREATED);
  });

  test("staging fails: the old server still serves, and the next up finishes", async () => {
    world.cloud.journal.onEntry(({ kind, text, serverId }) => {
      if (kind === "machine" && text.startsWith("boot image") && serverId !== undefined) void world.cloud.host.crash(serverId);
    });
    const staging = world.stack.run(["up", "--yes", "--skip-preview"], { NIXOS_VPS_LIMIT_FACTOR: "0.02" });

    await expect(staging).rejects.toThrow();
    expect(world.cloud.isServed("devserver")).toBe(true);
    expect(await world.ssh("devserver", "cat /home/qwe/note")).toBe("precious");
  });

  test("the volume cannot be attached to the new server: the next up finishes", async () => {
    world.cloud.faults.failNext("POST /volumes/:id/actions/attach", { status: 422, code: "service_error" });

    await expect(world.stack.up()).rejects.toThrow();
    await world.stack.up();

    await expectOneMachine(world);
    expect((await outputsOf(world)).serverId).not.toBe(before.serverId);
  });

  test("the volume is not attached to the new server though that was accepted: the next up finishes", async () => {
    world.cloud.faults.failAction("attach_volume");

    await expect(world.stack.up()).rejects.toThrow(/action_failed/);
    await world.stack.up();

    await expectOneMachine(world);
    expect((await outputsOf(world)).serverId).not.toBe(before.serverId);
  });

  test("the take-over fails: the next up finishes it on the same new server", async () => {
    world.project.emulate({ units: { "broken.service": { ports: [], requiresMountsFor: [], fails: false } }, kernel: 7 });
    await expect(world.stack.up()).rejects.toThrow();
    const servers = world.cloud.snapshot().servers.length;
    world.project.emulate({});

    await world.stack.up();

    expect(servers).toBe(2);
    await expectOneMachine(world);
  });

  test("the old server cannot be deleted: the next up deletes it", async () => {
    world.cloud.faults.failNext("DELETE /servers/:id", { status: 503, code: "unavailable" });

    await expect(world.stack.up()).rejects.toThrow();
    await world.stack.up();

    await expectOneMachine(world);
  });

  test("the old server was deleted in the console: its volume is found and the machine comes back", async () => {
    await world.cloud.loseServer(before.serverId);

    await world.stack.up("--refresh");

    await expectOneMachine(world);
  });

  test("the old server hangs: it is powered off through the API, and the words say what that may cost", async () => {
    await world.cloud.host.crash(before.serverId);

    const { output } = await world.stack.run(["up", "--yes", "--skip-preview"], { NIXOS_VPS_LIMIT_FACTOR: "0.02" });

    expect(output).toMatch(/powered off hard\. What it had not written .* may be missing/);
    await expectOneMachine(world);
  });
});
