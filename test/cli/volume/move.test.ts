// A volume is copied to another location, for real: two servers of the emulated cloud, pinned connections, real devices.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describeAsRoot } from "../../steps/support/namespaceMachine";
import { Desk, type VolumeAtHetzner, ours } from "./desk";

jest.setTimeout(600_000);

let desk: Desk;
beforeEach(async () => {
  desk = await Desk.open({ machines: true });
});
afterEach(() => desk.close());

/** Something to lose, put onto the volume where the emulated cloud keeps it. */
async function volumeWithNote(): Promise<number> {
  const id = await desk.volume("dev-devserver-home");
  inFile(id, "-w", `write ${join(desk.folder, "config.json")} note`);
  return id;
}

function inFile(volume: number, ...args: string[]): string {
  const request = args.pop() ?? "";
  const file = join(desk.folder, "cloud", "volumes", `${volume}.img`);
  if (!existsSync(file)) throw new Error(`no ${file}`);
  const { stdout, status, stderr } = spawnSync("debugfs", [...args, "-R", request, file], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

const named = async (purpose: string): Promise<VolumeAtHetzner | undefined> =>
  (await desk.volumes()).find(({ labels }) => labels[purpose] === "home");

async function expectMoved(source: number): Promise<void> {
  const copy = await named("nixos-vps/purpose");
  expect(copy).toMatchObject({ name: "dev-devserver-home-nbg1", location: { name: "nbg1" }, server: null, protection: { delete: true } });
  expect(copy?.labels).toEqual(ours("home"));
  expect(inFile(copy?.id ?? 0, "cat note")).toBe(inFile(source, "cat note"));
  expect(inFile(copy?.id ?? 0, "cat note")).toContain("devserver");
  expect(await named("nixos-vps/former-purpose")).toMatchObject({ id: source, server: null, protection: { delete: true } });
  expect((await desk.api<{ servers: unknown[] }>("GET", "/servers")).servers).toEqual([]);
  expect((await desk.api<{ ssh_keys: unknown[] }>("GET", "/ssh_keys")).ssh_keys).toEqual([]);
  expect(await desk.volumes()).toHaveLength(2);
}

describeAsRoot("move", () => {
  test("killed with its servers made and run again: the copy is exact and the machine's, the original is kept, and nothing is left over", async () => {
    const source = await volumeWithNote();
    const before = inFile(source, "stats -h");

    const first = desk.start("volume", "move", "devserver", "home", "--to", "nbg1");
    first.process.stderr?.on("data", (more: Buffer) => {
      if (/comparing/.test(more.toString())) process.kill(-(first.process.pid ?? 0), "SIGKILL");
    });
    expect((await first.end).code).toBeNull();
    const second = await desk.vps("volume", "move", "devserver", "home", "--to", "nbg1");

    expect([second.code, second.stderr]).toEqual([0, expect.stringMatching(/all 160 pieces are equal/)]);
    expect(second.stdout).toMatch(/Set the location of devserver to nbg1.*kept in fsn1.*vps volume delete dev-devserver-home/s);
    await expectMoved(source);
    expect(inFile(source, "stats -h")).toBe(before);
    expect((await desk.vps("volume", "move", "devserver", "home", "--to", "nbg1")).stdout).toContain("nothing to do");
  });

  test("ended by Ctrl-C it deletes its servers by itself, and the volume is where it was", async () => {
    const source = await desk.volume("dev-devserver-home");

    const run = desk.start("volume", "move", "devserver", "home", "--to", "nbg1");
    run.process.stderr?.on("data", (more: Buffer) => {
      if (/made the server/.test(more.toString())) run.process.kill("SIGINT");
    });

    const { code, stderr } = await run.end;
    expect([stderr, code]).toEqual([stderr, 130]);
    expect((await desk.api<{ servers: unknown[] }>("GET", "/servers")).servers).toEqual([]);
    expect(await named("nixos-vps/purpose")).toMatchObject({ id: source, server: null });
  });
});

test("a volume that is in use, or that is not there, is not moved, and nothing is made", async () => {
  const id = await desk.volume("dev-devserver-home");
  desk.state({ "devserver-home": id });
  const used = await desk.vps("volume", "move", "devserver", "home", "--to", "nbg1");
  expect([used.code, used.stderr]).toEqual([2, expect.stringMatching(/uses its volume home at the moment.*Comment devserver out/s)]);

  desk.state();
  await desk.serverWith(id);
  const attached = await desk.vps("volume", "move", "devserver", "home", "--to", "nbg1");
  expect([attached.code, attached.stderr]).toEqual([2, expect.stringMatching(/cannot be copied as a whole.*vps volume detach/s)]);

  expect((await desk.vps("volume", "move", "devserver", "data", "--to", "nbg1")).stderr).toContain("no volume data of a machine devserver");
  expect((await desk.vps("volume", "move", "devserver", "home", "--to", "mars")).stderr).toContain("A location is one of fsn1");
  expect(await desk.volumes()).toHaveLength(1);
});
