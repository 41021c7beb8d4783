// The new system is brought onto the store volume while the former server serves, and the take-over finds it there.
import { basename } from "node:path";
import { machineLabels } from "../../../steps/labels";
import { Lab, type LabServer } from "../support/lab";
import { temporaryFolders } from "../support/temporaryFolder";
import type { VolumeFacts } from "../../../steps/facts";

// Machines boot and install for real time too, and slowly where others work on the same computer.
jest.setTimeout(600_000);

const newFolder = temporaryFolders();
let lab: Lab;
let former: LabServer;
let home: VolumeFacts;
let successor: LabServer;

beforeEach(async () => {
  lab = await Lab.open(newFolder());
  former = await lab.newServer("devserver-1");
  home = await lab.newVolume("home");
  await lab.makeMachine(former, [home]);
  await label(former, machineLabels("lab", "devserver"));
  successor = await lab.newServer("devserver-2");
});
afterEach(() => lab.close());

const label = (server: LabServer, labels: Record<string, string>): Promise<unknown> => lab.api("PUT", `/servers/${server.id}`, { labels });
const noted = (server: LabServer, words: RegExp): string[] =>
  lab.cloud.journal.entries.filter(({ serverId, text }) => serverId === server.id && words.test(text)).map(({ text }) => text);
const NOTES = "cat /var/lib/nixos-vps/last-system /etc/nixos/facts.json; readlink -f /run/current-system /nix/var/nix/profiles/system";

async function moveVolume(): Promise<void> {
  await lab.must("release", { ...lab.connection(former), volume: home });
  await lab.detach(home);
  await lab.attach(home, successor);
}

test("what the former server built is installed as it is: no build and no copy after the release, and nothing on the former was disturbed", async () => {
  const before = await lab.ssh(former, NOTES);
  const builds = noted(former, /^build/).length;

  const hardware = await lab.stage(successor, [home]);

  expect(noted(former, /^build/)).toHaveLength(builds + 1);
  expect(await lab.ssh(former, NOTES)).toBe(before);
  expect(await lab.ssh(former, "ls /run/nixos-vps")).not.toContain("prepare");
  const system = await lab.ssh(former, "readlink -f /nix/var/nix/gcroots/nixos-vps-prepared");
  await lab.ssh(former, "nix-collect-garbage -d");
  expect(await lab.ssh(former, `ls -d ${system}`)).toBe(system);

  await moveVolume();
  const { output, stderr } = await lab.must("takeOver", lab.takeOverDocument(successor, [home], hardware));

  expect(stderr).toContain("the system is on the volume");
  expect(stderr).not.toContain("nixos-anywhere");
  expect(noted(successor, /^build|copied/)).toEqual([]);
  expect(output).toEqual({ system, generation: 1 });
  expect(await lab.ssh(successor, "stat -c %a /etc/ssh/ssh_host_ed25519_key /etc/ssh /etc/nixos / /etc")).toBe("600\n755\n755\n755\n755");
  expect(await lab.ssh(successor, "ls /nix/var/nixos-vps /nix/var/nix/gcroots")).not.toContain("prepared");
  const nothing = await lab.must("switch", { ...lab.takeOverDocument(successor, [home], hardware), hostKey: undefined });
  expect(nothing.output).toMatchObject({ ...output, changed: false });
  expect(lab.cloud.journal.violations()).toEqual([]);
});

test("staging again finds it there; a flake that was changed since is not what was prepared, and nixos-anywhere brings it", async () => {
  await lab.stage(successor, [home]);
  const builds = noted(former, /^build/).length;
  const hardware = await lab.stage(successor, [home]);
  expect(noted(former, /^build/)).toHaveLength(builds);

  lab.describeSystem({ etc: { motd: "changed" } });
  await moveVolume();
  const { stderr } = await lab.must("takeOver", lab.takeOverDocument(successor, [home], hardware));

  expect(stderr).toMatch(/not on the volume yet.*nixos-anywhere/s);
  expect(await lab.ssh(successor, "cat /etc/motd")).toBe("changed");
});

test("a prepared system that has lost a path is not trusted", async () => {
  const hardware = await lab.stage(successor, [home]);
  const path = await lab.ssh(former, "grep nixos-configuration $(readlink -f /nix/var/nix/gcroots/nixos-vps-prepared)/references");
  await moveVolume();
  const taken = `mkdir /run/volume && mount ${home.device} /run/volume && cd /run/volume/.nix/store && chmod -R u+w . && rm -rf ${basename(path)}`;
  await lab.ssh(successor, `${taken}; cd /; umount /run/volume`, "bootstrap");

  const { stderr } = await lab.must("takeOver", lab.takeOverDocument(successor, [home], hardware));

  expect(stderr).toContain("not on the volume yet");
  expect(lab.cloud.isServed("devserver")).toBe(true);
});

test("a build that fails fails the stage: the former server serves on, and nothing was moved", async () => {
  lab.describeSystem({ kernel: 7 });

  const { code, stderr } = await lab.run("stage", lab.stageDocument(successor, [home]));

  expect(code).toBe(1);
  expect(stderr).toMatch(/kernel/);
  expect(lab.cloud.isServed("devserver")).toBe(true);
});

describe("without a former server that could do it, the stage says so and goes on", () => {
  test("a server that is not ours, one that is off, no server at all", async () => {
    await label(former, machineLabels("lab", "another"));
    expect((await lab.must("stage", lab.stageDocument(successor, [home]))).stderr).toMatch(
      /devserver-1.*does not carry the labels of devserver/,
    );

    await label(former, machineLabels("lab", "devserver"));
    await lab.must("shutDown", lab.connection(former));
    expect((await lab.must("stage", lab.stageDocument(successor, [home]))).stderr).toMatch(/devserver-1.* is off/);

    await lab.detach(home);
    expect((await lab.must("stage", lab.stageDocument(successor, [home]))).stderr).toMatch(/no server has the volume home/);
    expect(noted(former, /^build/)).toEqual([]);
  });

  test("one that hangs", async () => {
    await lab.cloud.host.crash(former.id);

    const { stderr } = await lab.must("stage", lab.stageDocument(successor, [home]), { NIXOS_VPS_LIMIT_FACTOR: "0.1" });

    expect(stderr).toMatch(
      /devserver-1 could not be asked over ssh: it does not answer; the system is brought onto the volume at the take-over/,
    );
  });
});
