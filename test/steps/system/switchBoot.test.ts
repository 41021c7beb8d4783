// A switch that needs a restart, end to end on the emulated cloud: into a system that never gets as far as our units, or that nobody confirmed.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HardwareFacts, VolumeFacts } from "../../../steps/facts";
import { Lab, type LabServer } from "../support/lab";
import { volume } from "../support/samples";

// Machines boot and install for real time too, and slowly where others work on the same computer.
jest.setTimeout(600_000);

/** As the flake sets them (nix/modules/hardware/hetzner-cloud.nix). */
const kernelParams = ["console=ttyS0,115200", "console=tty0", "panic=30", "boot.panic_on_fail"];

const folder = mkdtempSync(join(tmpdir(), "steps-test-"));
let lab: Lab;
let server: LabServer;
let hardware: HardwareFacts;

beforeAll(async () => {
  lab = await Lab.open(folder);
  lab.describeSystem({ kernelParams });
  server = await lab.newServer("devserver-1");
  hardware = await lab.makeMachine(server, []);
});
afterAll(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

const document = (volumes: VolumeFacts[] = []): object => ({
  ...lab.connection(server),
  facts: lab.facts(server, volumes, hardware),
  flake: lab.flakeDocument().flake,
});
/** What runs, what the profile says, the default of the boot menu, and what is left of a boot that was not confirmed. */
const state = async (): Promise<Record<string, string>> => ({
  runs: await lab.ssh(server, "readlink -f /run/current-system"),
  profile: await lab.ssh(server, "readlink -f /nix/var/nix/profiles/system"),
  default: await lab.ssh(server, "sed -n 's/.* init=\\([^ ]*\\)\\/init .*/\\1/p' /boot/grub/grub.cfg | head -n 1"),
  left: await lab.ssh(server, "cat /var/lib/nixos-vps/unconfirmed 2>/dev/null; grub-editenv - list | grep next_entry=. || true"),
});
const confirmed = (system: unknown): object => ({ runs: system, profile: system, default: system, left: "" });

test("a kernel that panics, and an initrd that gives up, end on the former system by themselves; a good kernel is confirmed", async () => {
  const { runs: former } = await state();
  const boot = await lab.ssh(server, "cat /proc/sys/kernel/random/boot_id");

  lab.describeSystem({ kernel: "linux-6.19.1", kernelParams, panics: true });
  const panicked = await lab.run("switch", document());
  expect([panicked.code, panicked.stderr]).toEqual([
    1,
    expect.stringMatching(/did not come up \(its kernel or initrd gave up[^]*booted \S+ instead[^]*The machine runs its former system\./),
  ]);
  expect(await state()).toEqual(confirmed(former));
  expect(await lab.ssh(server, "cat /proc/sys/kernel/random/boot_id")).not.toBe(boot);

  // Its initrd must mount a volume that is not there.
  lab.describeSystem({ kernelParams });
  const missing = volume(999, { name: "logs", mountPoint: "/var/log", store: false });
  const gaveUp = await lab.run("switch", document([missing]));
  expect([gaveUp.code, gaveUp.stderr]).toEqual([1, expect.stringMatching(/did not come up[^]*The machine runs its former system\./)]);
  expect(await state()).toEqual(confirmed(former));

  lab.describeSystem({ kernel: "linux-6.19.1", kernelParams });
  const { output } = await lab.must("switch", document());
  expect(output).toMatchObject({ changed: true, rebooted: true });
  expect(output.system).not.toBe(former);
  expect(await state()).toEqual(confirmed(output.system));
});

test("a boot of what was made last that nobody confirmed is confirmed, so that the machine does not go back from it later", async () => {
  const { output: made } = await lab.must("switch", document());
  await lab.ssh(server, `printf '%s\\n' /nix/store/former ${String(made.system)} >/var/lib/nixos-vps/unconfirmed`);
  expect((await state()).left).toContain("former");

  const { output } = await lab.must("switch", document());

  expect(output).toMatchObject({ changed: false, rebooted: false, system: made.system });
  expect(await state()).toEqual(confirmed(made.system));
});
