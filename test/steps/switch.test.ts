// switch, end to end on the emulated cloud: confirmed, or undone.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HardwareFacts, VolumeFacts } from "../../steps/facts";
import { Lab, type LabServer } from "./support/lab";
import { volume } from "./support/samples";

// Machines boot and install for real time too, and slowly where others work on the same computer.
jest.setTimeout(600_000);

const folder = mkdtempSync(join(tmpdir(), "steps-test-"));
let lab: Lab;
let server: LabServer;
let hardware: HardwareFacts;

// One machine for all, because making one takes its time; each test begins with the same system on it.
beforeAll(async () => {
  lab = await Lab.open(folder);
  server = await lab.newServer("devserver-1");
  hardware = await lab.makeMachine(server, []);
});
afterAll(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  lab.describeSystem({});
  await lab.must("switch", document(), { PULUMI_COMMAND_STDOUT: JSON.stringify({ port: 2222 }) });
});

function document(port = 22, volumes: VolumeFacts[] = []): object {
  const facts = lab.facts(server, volumes, hardware);
  const base = lab.connection(server);
  return {
    ...base,
    ssh: { ...(base.ssh as object), port },
    facts: { ...facts, ssh: { ...facts.ssh, port } },
    flake: lab.flakeDocument().flake,
  };
}

const web = (fails: boolean): object => ({ units: { "web.service": { ports: [80], requiresMountsFor: [], fails } } });
const active = (): Promise<string> => lab.ssh(server, "readlink -f /run/current-system");
const boots = (): Promise<string> => lab.ssh(server, "readlink -f /nix/var/nix/profiles/system");
const timer = (): Promise<string> => lab.ssh(server, "systemctl is-active nixos-vps-rollback.timer || true");

test("a changed configuration is active, boots by default and lies in /etc/nixos; the same again is nothing to do", async () => {
  const before = await active();
  lab.describeSystem(web(false));

  const { output } = await lab.must("switch", document());

  expect(output).toMatchObject({ changed: true, rebooted: false, port: 22, system: await active() });
  expect(output.system).not.toBe(before);
  expect(await boots()).toBe(output.system);
  expect(await lab.ssh(server, "systemctl is-active web.service; cat /etc/nixos/emulated.json")).toBe(
    `active\n${JSON.stringify(web(false))}`,
  );
  expect(await timer()).toBe("inactive");

  const again = await lab.must("switch", document());
  expect(again.output).toEqual({ ...output, changed: false });
  expect(again.stderr).toContain("nothing to do");
  expect(again.stderr).not.toContain("building");
});

test("a configuration that cannot be built changes nothing", async () => {
  const before = await active();
  lab.describeSystem({ kernel: 5 });

  const { code, stderr } = await lab.run("switch", document());

  expect(code).toBe(1);
  expect(stderr).toMatch(/nothing was changed/i);
  expect(await active()).toBe(before);
  expect(await lab.ssh(server, "cat /etc/nixos/emulated.json")).toBe("{}");
});

test("a system with a newly failed unit is not confirmed, however often it is run: the machine runs its former system again", async () => {
  const before = await active();
  lab.describeSystem(web(true));

  for (let run = 0; run < 2; run++) {
    const { code, stdout, stderr } = await lab.run("switch", document(), { NIXOS_VPS_LIMIT_FACTOR: "0.05" });

    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/not confirmed: web.service failed.*its former system again/s);
    expect(await active()).toBe(before);
  }
  expect(await boots()).toBe(before);
  expect(await timer()).toBe("inactive");
});

test("a machine whose own check fails is not confirmed, and the check's words say why", async () => {
  const before = await active();
  lab.describeSystem(web(false));
  // What the flake's modules put on a real machine's PATH.
  await lab.ssh(
    server,
    "printf '%s\\n' '#!/bin/sh' 'echo \"ok    web (3 ms)\"' 'echo \"FAIL  queue: exit code 3: no worker (for 30 s)\"' 'exit 1' >/run/wrappers/bin/vps-health; chmod 755 /run/wrappers/bin/vps-health",
  );

  const { code, stderr } = await lab.run("switch", document(), { NIXOS_VPS_LIMIT_FACTOR: "0.05" });
  await lab.ssh(server, "rm /run/wrappers/bin/vps-health");

  expect(code).toBe(1);
  expect(stderr).toMatch(/not confirmed: queue: exit code 3: no worker \(for 30 s\)\.[^]*its former system again/);
  expect([await active(), await boots()]).toEqual([before, before]);
});

test("a unit that has failed before, a full disk and a clock out of sync do not stand in the way; what is new does", async () => {
  lab.describeSystem({ units: { "old.service": { ports: [], requiresMountsFor: [], fails: true } } });
  expect((await lab.run("switch", document(), { NIXOS_VPS_LIMIT_FACTOR: "0.05" })).code).toBe(1);
  await lab.ssh(server, "nixos-rebuild test --flake /etc/nixos.next#devserver || true");
  expect(await lab.ssh(server, "systemctl list-units --failed --plain --no-legend | cut -d ' ' -f 1")).toBe("old.service");
  lab.describeSystem({
    units: { "old.service": { ports: [], requiresMountsFor: [], fails: true }, ...(web(false) as { units: object }).units },
  });

  const { output } = await lab.must("switch", document());

  expect(await boots()).toBe(output.system);
});

test("a system that cannot be made the one that boots is not confirmed: the way back is taken at once", async () => {
  const before = await active();
  lab.describeSystem(web(false));
  const step = lab.start("switch", document());
  await step.says(/checking its health/);
  // A store whose database is damaged takes no new generation; a full disk does the same.
  const valid = `/nix/var/nix/db/valid/${(await active()).replace("/nix/store/", "")}`;
  await lab.ssh(server, `mv ${valid} /root/valid`);
  const { code, stderr } = await step.end;
  await lab.ssh(server, `mv /root/valid ${valid}`);

  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/not confirmed: it cannot be made the system that boots[^]*former system again/),
  ]);
  expect([await active(), await boots()]).toEqual([before, before]);
  expect(await timer()).toBe("inactive");
});

test("when the operator is killed before the confirmation, the machine goes back by itself", async () => {
  const before = await active();
  lab.describeSystem(web(false));
  const step = lab.start("switch", document());
  await step.says(/checking its health/);
  step.process.kill("SIGKILL");
  await step.end;
  expect(await timer()).toBe("active");
  expect(await active()).not.toBe(before);
  expect(await boots()).toBe(before);

  await lab.cloud.clock.advance(301_000);

  await lab.until(async () => (await active()) === before);
  expect(await boots()).toBe(before);
});

test("an operator who was away until the machine went back by itself does not report success", async () => {
  const before = await active();
  lab.describeSystem(web(false));
  // The health check hangs until it is let go, so that what happens in between is no race.
  await lab.ssh(
    server,
    "mkfifo /run/hold; printf '#!/bin/sh\\ncat /run/hold\\n' >/run/wrappers/bin/vps-health; chmod 755 /run/wrappers/bin/vps-health",
  );
  const step = lab.start("switch", document(), { NIXOS_VPS_LIMIT_FACTOR: "0.05" });
  await step.says(/checking its health/);
  step.process.kill("SIGSTOP");
  await lab.cloud.clock.advance(301_000);
  await lab.until(async () => (await active()) === before);
  await lab.ssh(server, "rm /run/wrappers/bin/vps-health; timeout 5 sh -c 'echo now >/run/hold' || true; rm /run/hold");
  step.process.kill("SIGCONT");

  const { code, stdout, stderr } = await step.end;

  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/not confirmed: it runs [^]*former system again/);
  expect([await active(), await boots()]).toEqual([before, before]);
});

test("when it is run again in time, it is confirmed, and nothing goes back later", async () => {
  lab.describeSystem(web(false));
  const step = lab.start("switch", document());
  await step.says(/checking its health/);
  step.process.kill("SIGKILL");
  await step.end;

  const { output } = await lab.must("switch", document());
  await lab.cloud.clock.advance(301_000);

  expect(output.changed).toBe(true);
  expect([await active(), await boots()]).toEqual([output.system, output.system]);
});

test("a new kernel needs a restart, and is confirmed after it", async () => {
  lab.describeSystem({ kernel: "linux-6.19.1" });
  const boot = await lab.ssh(server, "cat /proc/sys/kernel/random/boot_id");

  const { output } = await lab.must("switch", document());

  expect(output).toMatchObject({ changed: true, rebooted: true, system: await active() });
  expect(await lab.ssh(server, "cat /proc/sys/kernel/random/boot_id")).not.toBe(boot);
  expect(await lab.ssh(server, "ls /var/lib/nixos-vps/unconfirmed 2>/dev/null || echo confirmed")).toBe("confirmed");
});

test("a changed ssh port is followed: in by the former one, confirmed by the new one", async () => {
  const { output } = await lab.must("switch", document(2222), { PULUMI_COMMAND_STDOUT: JSON.stringify({ port: 22 }) });

  expect(output).toMatchObject({ changed: true, port: 2222 });
});

test("a system that somebody else made is warned of, and replaced", async () => {
  const former = await active();
  lab.describeSystem(web(false));
  await lab.ssh(
    server,
    "mkdir /root/own; cat >/root/own/flake.nix; cp /etc/nixos/facts.json /root/own/; nixos-rebuild switch --flake /root/own#devserver",
  );
  const foreign = await active();

  const { output, stderr } = await lab.must("switch", document());

  expect(stderr).toContain(
    `warning: the machine runs a system that this program did not make (${foreign}; the last one made was ${former})`,
  );
  expect(await active()).toBe(output.system);
});

test("a configuration that takes the store elsewhere is refused: that is what recreating is for", async () => {
  const before = await active();

  const { code, stderr } = await lab.run("switch", document(22, [volume(17)]));

  expect(code).toBe(1);
  expect(stderr).toMatch(/store elsewhere \(from the root disk to \/dev\/disk\/by-id\/scsi-0HC_Volume_17\/\.nix\).*Recreate the machine/s);
  expect([await active(), await boots()]).toEqual([before, before]);
});
