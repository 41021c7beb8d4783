// grow as a step: when it has something to say to the machine, and when not. What it does there is in volumes/grow.test.ts.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Lab } from "./support/lab";
import { connectionDocument, newKeyPair, volume } from "./support/samples";
import { temporaryFolders } from "./support/temporaryFolder";

// Machines boot and install for real time too, and slowly where others work on the same computer.
jest.setTimeout(600_000);

const newFolder = temporaryFolders();
const keys = { deploy: newKeyPair(), host: newKeyPair(), bootstrap: newKeyPair() };

/** No way leads to the machine: what succeeds has not looked for the machine. */
async function grow(size: number, before: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const folder = newFolder();
  const config = join(folder, "ssh_config");
  writeFileSync(config, "Host *\n  ProxyCommand false\n");
  const child = spawn("./steps/run", ["grow"], {
    cwd: join(__dirname, "..", ".."),
    env: {
      ...process.env,
      XDG_STATE_HOME: folder,
      NIXOS_VPS_SSH_CONFIG: config,
      PULUMI_COMMAND_STDOUT: before,
      NIXOS_VPS_LIMIT_FACTOR: "0.001",
    },
  });
  child.stdin.end(JSON.stringify({ ...connectionDocument(keys), volume: volume(3), size }));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, stdout, stderr };
}

const answer = (size: number): string => JSON.stringify({ volume: 3, device: volume(3).device, size });

test("a lease whose size is what it was has nothing to say to the machine, whatever else changed", async () => {
  const { code, stdout, stderr } = await grow(10, answer(10));

  expect([code, JSON.parse(stdout)]).toEqual([0, JSON.parse(answer(10))]);
  expect(stderr).toContain("nothing to do");
});

test.each([
  ["another size", answer(10)],
  ["a size that was never told", ""],
])("%s is a matter of the machine's, and a machine that does not answer is an error with what is the case", async (_what, before) => {
  const { code, stdout, stderr } = await grow(12, before);

  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/has 12 GB at Hetzner; its file system may still be smaller.*also grows when the machine starts/s);
});

test("a machine that was powered off is powered on, and its file system grows", async () => {
  const lab = await Lab.open(newFolder());
  try {
    const server = await lab.newServer("devserver-1");
    const home = await lab.newVolume("home", { store: false });
    await lab.makeMachine(server, [home]);
    await lab.api("POST", `/servers/${server.id}/actions/shutdown`);
    await lab.until(async () => (await lab.status(server)) === "off");
    await lab.api("POST", `/volumes/${home.id}/actions/resize`, { size: 12 });

    const { output, stderr } = await lab.must("grow", { ...lab.connection(server), volume: home, size: 12 });

    expect(stderr).toContain("is powered off, whoever did that; powering it on");
    expect([output, await lab.status(server)]).toEqual([{ volume: home.id, device: home.device, size: 12 }, "running"]);
  } finally {
    await lab.close();
  }
});
