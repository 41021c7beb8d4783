// The persistence test and the dry run, on a machine of the emulated cloud with its store on a volume.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { documents, type StepInput } from "../../../steps/documents";
import { dryRun } from "../../../steps/system/dryRun";
import type { HardwareFacts, VolumeFacts } from "../../../steps/facts";
import { testPersistence } from "../../../steps/system/persistence";
import type { StepContext } from "../../../steps/context";
import { testContext } from "../support/context";
import { Lab, type LabServer } from "../support/lab";

jest.setTimeout(600_000);

const folder = mkdtempSync(join(tmpdir(), "steps-test-"));
const ownConfig = process.env.NIXOS_VPS_SSH_CONFIG;
const script = readFileSync(join(__dirname, "..", "..", "..", "nix", "packages", "vps-persistence-test.sh"), "utf8");
const hasJq = spawnSync("jq", ["--version"]).status === 0;
if (!hasJq) console.warn("SKIPPED: jq is not installed, so the machine cannot run its persistence test");
const withJq = hasJq ? test : test.skip;
let lab: Lab;
let server: LabServer;
let hardware: HardwareFacts;
let home: VolumeFacts;

beforeAll(async () => {
  lab = await Lab.open(folder);
  process.env.NIXOS_VPS_SSH_CONFIG = lab.cloud.sshConfig;
  server = await lab.newServer("devserver-1");
  home = await lab.newVolume("home");
  hardware = await lab.makeMachine(server, [home]);
  await lab.must("switch", document());
});
afterAll(async () => {
  if (ownConfig === undefined) delete process.env.NIXOS_VPS_SSH_CONFIG;
  else process.env.NIXOS_VPS_SSH_CONFIG = ownConfig;
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

function document(...more: VolumeFacts[]): StepInput<"switch"> {
  return documents.switch.input.parse({
    ...lab.connection(server),
    facts: lab.facts(server, [home, ...more], hardware),
    flake: join(folder, "nix"),
  });
}

async function inContext<T>(work: (context: StepContext) => Promise<T>): Promise<T> {
  const context = testContext(folder);
  try {
    return await work(context);
  } finally {
    await context.end();
  }
}

const runs = (): Promise<string> => lab.ssh(server, "readlink -f /run/current-system; readlink -f /nix/var/nix/profiles/system");

test("a dry run says what would change and changes neither what runs, nor what boots, nor /etc/nixos", async () => {
  const before = [await runs(), await lab.ssh(server, "cat /etc/nixos/emulated.json; ls -d /etc/nixos.next || true")];
  lab.describeSystem({ units: { "web.service": { ports: [], requiresMountsFor: [], fails: false } }, kernel: "linux-6.19.1" });

  const found = await inContext((context) => dryRun(document(), context));

  expect(found).toMatchObject({ changes: true, storeMoves: null, units: { start: ["web.service"], stop: [] } });
  expect(found.packages).toContainEqual({
    name: expect.stringContaining("linux") as string,
    from: expect.arrayContaining(["6.18.44"]) as string[],
    to: expect.arrayContaining(["6.19.1"]) as string[],
  });
  expect(found.restart).toContain("kernel");
  expect([await runs(), await lab.ssh(server, "cat /etc/nixos/emulated.json; ls -d /etc/nixos.next || true")]).toEqual(before);

  const { output } = await lab.must("switch", document());
  expect(output.system).toBe(found.system);
  expect(await inContext((context) => dryRun(document(), context))).toMatchObject({ changes: false, packages: [], restart: [] });
});

/** The program that a real machine has from the flake. */
const bringTest = (): Promise<string> =>
  lab.ssh(
    server,
    `cat >/run/wrappers/bin/vps-persistence-test <<'PROGRAM'\n#!/usr/bin/env bash\nset -euo pipefail\n${script}\nPROGRAM\nchmod 755 /run/wrappers/bin/vps-persistence-test`,
  );

withJq("the data outlives a rollback: marked, gone back, compared, come back, and nothing is left of it", async () => {
  lab.describeSystem({ units: { "web.service": { ports: [], requiresMountsFor: [], fails: false } }, kernel: "linux-6.19.1" });
  await lab.must("switch", document());
  lab.describeSystem({ units: { "other.service": { ports: [], requiresMountsFor: [], fails: false } }, kernel: "linux-6.19.1" });
  await lab.must("switch", document());
  await bringTest();
  const before = await runs();

  const report = await inContext((context) => testPersistence(document(), context));

  expect(report.checks.filter((check) => !check.ok && !check.what.includes("was active after"))).toEqual([]);
  expect(report.checks.map((check) => check.what).join("\n")).toMatch(
    /\/home: same volume\n[^]*same store\n[^]*same hostKey\n[^]*store paths[^]*every home/,
  );
  expect(report.rollback).toEqual({ generation: expect.any(Number) as number, seconds: expect.any(Number) as number });
  expect(await runs()).toBe(before);
  expect(await lab.ssh(server, "ls -A /home | grep persistence || echo clean; systemctl is-active nixos-vps-rollback.timer || true")).toBe(
    "clean\ninactive",
  );

  await lab.ssh(server, "rm /run/wrappers/bin/vps-persistence-test");
  await expect(inContext((context) => testPersistence(document(), context))).rejects.toThrow(/vps-persistence-test is not on this machine/);
});

withJq("a generation that does not mount one of the volumes is not gone to: it would be unmounted under its services", async () => {
  const media = await lab.newVolume("media", { mountPoint: "/media", store: false });
  await lab.attach(media, server);
  await lab.must("lease", { ...lab.connection(server), volume: media, size: 10 });
  await lab.must("switch", document(media));
  await bringTest();
  const mounted = (): Promise<string> => lab.ssh(server, "findmnt -rn -o ID,TARGET /media");
  const before = [await runs(), await mounted()];

  const report = await inContext((context) => testPersistence(document(media), context));

  expect(report).toMatchObject({
    ok: true,
    rollback: { skipped: expect.stringMatching(/^Generation \d+ does not mount \/media, /) as string },
  });
  expect(report.checks.map((check) => check.what).join("\n")).toContain("/media: same volume");
  expect([await runs(), await mounted()]).toEqual(before);
});
