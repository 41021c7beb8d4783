// Rollback, on a machine of the emulated cloud.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { documents, type StepInput } from "../../../steps/documents";
import type { HardwareFacts } from "../../../steps/facts";
import { planRollback, rollBack, type RolledBack, type RollbackWish } from "../../../steps/system/rollBack";
import { activateArmed } from "../../../steps/system/switchActive";
import { bootInto } from "../../../steps/system/switchBoot";
import { testContext } from "../support/context";
import { Lab, type LabServer } from "../support/lab";

jest.setTimeout(600_000);

const folder = mkdtempSync(join(tmpdir(), "steps-test-"));
const ownConfig = process.env.NIXOS_VPS_SSH_CONFIG;
let lab: Lab;
let server: LabServer;
let hardware: HardwareFacts;

beforeAll(async () => {
  lab = await Lab.open(folder);
  process.env.NIXOS_VPS_SSH_CONFIG = lab.cloud.sshConfig;
  server = await lab.newServer("devserver-1");
  hardware = await lab.makeMachine(server, []);
});
afterAll(async () => {
  if (ownConfig === undefined) delete process.env.NIXOS_VPS_SSH_CONFIG;
  else process.env.NIXOS_VPS_SSH_CONFIG = ownConfig;
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

const document = (port = 22): StepInput<"switch"> => {
  const facts = lab.facts(server, [], hardware);
  const base = lab.connection(server);
  const ssh = { ...(base.ssh as object), port };
  return documents.switch.input.parse({
    ...base,
    ssh,
    facts: { ...facts, ssh: { ...facts.ssh, port } },
    flake: lab.flakeDocument().flake,
  });
};
/** A new generation, made as `pulumi up` does. */
const make = async (emulated: object): Promise<{ system: string; generation: number }> => {
  lab.describeSystem(emulated);
  const { output } = await lab.must("switch", document());
  return { system: String(output.system), generation: Number(output.generation) };
};
const go = async (wish: Partial<RollbackWish> = {}, port = 22): Promise<RolledBack> => {
  const context = testContext(folder);
  try {
    return await rollBack(await planRollback(document(port), context, { reboot: false, ...wish }));
  } finally {
    await context.end();
  }
};
const runs = (): Promise<string> => lab.ssh(server, "readlink -f /run/current-system");
const boots = (): Promise<string> => lab.ssh(server, "readlink -f /nix/var/nix/profiles/system");
const unit = (name: string): object => ({ [`${name}.service`]: { ports: [], requiresMountsFor: [], fails: false } });

test("the generation before runs and boots, for good; the next switch says it and goes forward", async () => {
  const first = await make({ units: unit("one") });
  const second = await make({ units: unit("two") });

  const done = await go();
  await lab.cloud.clock.advance(301_000);

  expect(done).toMatchObject({
    target: { generation: { number: first.generation }, there: false, isLast: false },
    sick: [],
    rebooted: false,
  });
  expect([await runs(), await boots()]).toEqual([first.system, first.system]);
  expect(await lab.ssh(server, "systemctl is-active one.service two.service || true")).toBe("active\ninactive");

  const again = await go();
  expect(again.target).toMatchObject({ generation: { number: first.generation }, there: true });
  expect(await runs()).toBe(first.system);

  const { output, stderr } = await lab.must("switch", document());
  expect(stderr).toMatch(new RegExp(`warning: .*rolled back to generation ${first.generation} by hand \\(2.* UTC\\); going forward`));
  expect(output).toMatchObject({ changed: true, system: second.system });
  expect([await runs(), await boots()]).toEqual([second.system, second.system]);

  const quiet = await lab.must("switch", document());
  expect(quiet.stderr).not.toContain("rolled back");
});

test("going back to what was made last is no rollback: the next switch has nothing to do", async () => {
  await make({ units: unit("one") });
  const last = await make({ units: unit("three") });
  await go();

  const done = await go({ to: last.generation });

  expect(done.target).toMatchObject({ isLast: true });
  const { output, stderr } = await lab.must("switch", document());
  expect([output.changed, stderr]).toEqual([false, expect.not.stringContaining("rolled back")]);
});

test("a rollback by hand on the machine is told as that by the next switch", async () => {
  const first = await make({ units: unit("one") });
  const second = await make({ units: unit("four") });
  await lab.ssh(server, `nix-env -p /nix/var/nix/profiles/system --switch-generation ${first.generation}`);
  await lab.ssh(server, `${first.system}/bin/switch-to-configuration switch`);

  const { output, stderr } = await lab.must("switch", document());

  expect(stderr).toMatch(new RegExp(`warning: .*rolled back to generation ${first.generation} on the machine itself .*going forward`));
  expect(output.system).toBe(second.system);
});

test("a rollback that is cut off after the activation is undone by the machine itself, or finished when it is run again", async () => {
  const first = await make({ units: unit("one") });
  const second = await make({ units: unit("five") });
  const cutOff = async (): Promise<void> => {
    const context = testContext(folder);
    await activateArmed((await planRollback(document(), context, { reboot: false })).change);
    await context.end();
  };
  await cutOff();
  expect([await runs(), await boots()]).toEqual([first.system, second.system]);
  await lab.cloud.clock.advance(301_000);
  await lab.until(async () => (await runs()) === second.system);

  await cutOff();
  await go({ begun: first.generation });
  await lab.cloud.clock.advance(301_000);

  expect([await runs(), await boots()]).toEqual([first.system, first.system]);
});

test("another kernel is refused without a restart and changes nothing; with one, it is booted and confirmed", async () => {
  const old = await make({ units: unit("one") });
  const now = await make({ units: unit("one"), kernel: "linux-6.19.1" });
  const bootId = await lab.ssh(server, "cat /proc/sys/kernel/random/boot_id");

  await expect(go()).rejects.toThrow(/needs a restart[^]*Nothing was touched[^]*--to \d+ --reboot/);
  expect([await runs(), await boots()]).toEqual([now.system, now.system]);

  const done = await go({ reboot: true });
  expect(done).toMatchObject({ rebooted: true, sick: [] });
  expect([await runs(), await boots()]).toEqual([old.system, old.system]);
  expect(await lab.ssh(server, "cat /proc/sys/kernel/random/boot_id")).not.toBe(bootId);
  expect(await lab.ssh(server, "ls /var/lib/nixos-vps/unconfirmed 2>/dev/null || echo confirmed")).toBe("confirmed");
});

test("a rollback that is cut off after its restart is confirmed when it is run again, without a further restart", async () => {
  const old = await make({ units: unit("one") });
  await make({ units: unit("one"), kernel: "linux-6.19.2" });
  const context = testContext(folder);
  await bootInto((await planRollback(document(), context, { reboot: true })).change, old.generation);
  await context.end();
  const bootId = await lab.ssh(server, "cat /proc/sys/kernel/random/boot_id");
  const left = (): Promise<string> => lab.ssh(server, "cat /var/lib/nixos-vps/unconfirmed 2>/dev/null || echo confirmed");
  expect(await left()).toContain(old.system);

  const done = await go({ to: old.generation, reboot: true });

  expect(done).toMatchObject({ target: { there: false }, rebooted: false, sick: [] });
  expect([await runs(), await boots(), await left()]).toEqual([old.system, old.system, "confirmed"]);
  expect(await lab.ssh(server, "cat /proc/sys/kernel/random/boot_id")).toBe(bootId);
  expect((await go({ to: old.generation, reboot: true })).target.there).toBe(true);
});

test("a generation of a former server is refused by number, and passed over otherwise", async () => {
  const mine = await make({ units: unit("one") });
  const foreign = await make({ units: unit("one"), etc: { "vps/root-disk": "/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_1\n" } });
  const now = await make({ units: unit("six") });

  await expect(go({ to: foreign.generation })).rejects.toThrow(/made for a former server[^]*Nothing was touched[^]*There are: .*\d/);
  expect(await runs()).toBe(now.system);

  await expect(go()).resolves.toMatchObject({ target: { generation: { number: mine.generation } } });
});

test("across a change of the ssh port the firewall lets the former one in, until a switch to the new one is confirmed", async () => {
  const rule = { direction: "in", protocol: "tcp", port: "2222", source_ips: ["0.0.0.0/0", "::/0"], destination_ips: [] };
  const { firewall } = await lab.api<{ firewall: { id: number } }>("POST", "/firewalls", {
    name: "guard",
    rules: [rule],
    apply_to: [{ type: "server", server: { id: server.id } }],
  });
  const openPorts = async (): Promise<string[]> => {
    const { firewall: now } = await lab.api<{ firewall: { rules: { port: string }[] } }>("GET", `/firewalls/${firewall.id}`);
    return now.rules.map(({ port }) => port);
  };
  const toNewPort = { PULUMI_COMMAND_STDOUT: JSON.stringify({ port: 22 }) };
  const former = await lab.must("switch", document(2222), toNewPort);
  expect(await openPorts()).toEqual(["2222"]);

  const { target } = await go({}, 2222);

  expect(target.generation.ports).toEqual([22]);
  expect(await openPorts()).toEqual(["2222", "22"]);
  expect([await runs(), await boots()]).toEqual([target.generation.system, target.generation.system]);

  const forth = await lab.must("switch", document(2222), toNewPort);
  expect(forth.output).toMatchObject({ system: former.output.system, port: 2222 });
  expect(await openPorts()).toEqual(["2222"]);

  await lab.api("POST", `/firewalls/${firewall.id}/actions/remove_from_resources`, {
    remove_from: [{ type: "server", server: { id: server.id } }],
  });
  await lab.must("switch", document(), { PULUMI_COMMAND_STDOUT: JSON.stringify({ port: 2222 }) });
});
