// switch, end to end on the emulated cloud: confirmed, or undone.
import type { HardwareFacts, VolumeFacts } from "../../steps/facts";
import { Lab, type LabServer } from "./support/lab";
import { temporaryFolders } from "./support/temporaryFolder";

const newFolder = temporaryFolders();
let lab: Lab;
let server: LabServer;
let hardware: HardwareFacts;

// Without a volume: a machine that is up quickly.
beforeEach(async () => {
  lab = await Lab.open(newFolder());
  server = await lab.newServer("devserver-1");
  hardware = await lab.stage(server, []);
});
afterEach(() => lab.close());

function document(volumes: VolumeFacts[] = [], port = 22): object {
  const facts = lab.facts(server, volumes, hardware);
  const base = lab.connection(server);
  return {
    ...base,
    ssh: { ...(base.ssh as object), port },
    facts: { ...facts, ssh: { ...facts.ssh, port } },
    flake: lab.flakeDocument().flake,
  };
}

const active = (): Promise<string> => lab.ssh(server, "readlink -f /run/current-system");
const boots = (): Promise<string> => lab.ssh(server, "readlink -f /nix/var/nix/profiles/system");

test("a changed configuration is active, boots by default and lies in /etc/nixos; the same again is nothing to do", async () => {
  const before = await active();
  lab.describeSystem({ units: { "web.service": { ports: [80], requiresMountsFor: [], fails: false } } });

  const { output } = await lab.must("switch", document());

  expect(output).toMatchObject({ changed: true, rebooted: false, port: 22, system: await active() });
  expect(output.system).not.toBe(before);
  expect(await boots()).toBe(output.system);
  expect(await lab.ssh(server, "systemctl is-active web.service; ls /etc/nixos")).toMatch(/^active\nemulated.json/);
  expect(await lab.ssh(server, "systemctl is-active nixos-vps-rollback.timer || true")).toBe("inactive");

  const again = await lab.must("switch", document());
  expect(again.output).toEqual({ ...output, changed: false });
  expect(again.stderr).toContain("nothing to do");
});

test("a configuration that cannot be built changes nothing", async () => {
  const before = await active();
  lab.describeSystem({ kernel: 5 });

  const { code, stderr } = await lab.run("switch", document());

  expect(code).toBe(1);
  expect(stderr).toMatch(/nothing was changed/i);
  expect(await active()).toBe(before);
  expect(await lab.ssh(server, "ls /etc/nixos")).not.toContain("emulated");
});

test("a system with a newly failed unit is not confirmed: the machine runs its former system again", async () => {
  const before = await active();
  lab.describeSystem({ units: { "web.service": { ports: [80], requiresMountsFor: [], fails: true } } });

  const { code, stdout, stderr } = await lab.run("switch", document(), { NIXOS_VPS_LIMIT_FACTOR: "0.05" });

  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/not confirmed: web.service failed.*its former system again/s);
  expect(await active()).toBe(before);
  expect(await boots()).toBe(before);
});

test("a new kernel needs a restart, and is confirmed after it", async () => {
  lab.describeSystem({ kernel: "linux-6.19.1" });
  const boot = await lab.ssh(server, "cat /proc/sys/kernel/random/boot_id");

  const { output } = await lab.must("switch", document());

  expect(output).toMatchObject({ changed: true, rebooted: true, system: await active() });
  expect(await lab.ssh(server, "cat /proc/sys/kernel/random/boot_id")).not.toBe(boot);
  expect(await lab.ssh(server, "ls /var/lib/nixos-vps")).toBe("last-system");
});

test("a changed ssh port is followed: in by the former one, confirmed by the new one", async () => {
  const { output } = await lab.must("switch", document([], 2222), { PULUMI_COMMAND_STDOUT: JSON.stringify({ port: 22 }) });

  expect(output).toMatchObject({ changed: true, port: 2222 });
});
