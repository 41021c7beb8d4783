import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { instant } from "../../src/latencies";
import { createMachineHost } from "../../src/machines";
import { asRoot, rig, type Rig, run } from "./support";

asRoot("a state folder", () => {
  let it: Rig;
  beforeEach(async () => {
    it = await rig();
  });
  afterEach(() => it.close());

  const open = (stateDir: string) => createMachineHost({ stateDir, clock: it.clock, latencies: instant, journal: it.journal });

  test("belongs to one emulator: a second one is refused in words, and comes in when the first has ended", async () => {
    await expect(open(it.folder)).rejects.toThrow(
      new RegExp(`the emulator with process number ${process.pid} works in ${it.folder}: .* Nothing was changed\\. End that one first`),
    );
    await it.host.close();
    await expect(it.restarted()).resolves.toBeDefined();
  });

  test("of a killed emulator is free again, and what its machines left is ended at the next start", async () => {
    const folder = join(it.folder, "killed");
    await mkdir(folder);
    const child = spawn(process.execPath, ["--require", "tsx/cjs", "-e", emulatorWithOneMachine(folder, it)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    // A machine that cannot see that its emulator has gone.
    const first = await firstProcess(folder);
    process.kill(first, "SIGSTOP");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await loops(folder)).toHaveLength(2);

    const host = await open(folder);

    expect(await loops(folder)).toEqual([]);
    for (let tries = 0; tries < 500 && (await isThere(first)); tries++) await sleep(20);
    expect(await isThere(first)).toBe(false);
    expect(await readdir(join(folder, "tmp"))).toEqual([]);
    await host.close();
  });
});

function emulatorWithOneMachine(folder: string, it: Rig): string {
  const required = (path: string): string => `require(${JSON.stringify(join(__dirname, "../../src", path))})`;
  return `
    const { createMachineHost } = ${required("machines")};
    const clock = new (${required("virtualClock")}.VirtualClock)("auto");
    const journal = new (${required("journal")}.Journal)(() => clock.now());
    const { instant } = ${required("latencies")};
    (async () => {
      const host = await createMachineHost({ stateDir: ${JSON.stringify(folder)}, clock, latencies: instant, journal });
      await host.createVolume(7, 10, "ext4");
      await host.create(${JSON.stringify(it.spec(1))});
      await host.attachVolume(1, 7);
      require("node:fs").writeFileSync(${JSON.stringify(join(folder, "tmp/half"))}, "");
      journal.onEntry((entry) => entry.text.startsWith("boot ") && console.log("ready"));
      await host.powerOn(1);
    })();`;
}

async function loops(folder: string): Promise<string[]> {
  const { stdout } = await run("losetup", ["--list", "--noheadings", "--output", "BACK-FILE"]);
  return stdout.split("\n").filter((line) => line.startsWith(folder));
}

async function firstProcess(folder: string): Promise<number> {
  const { stdout } = await run("sh", ["-c", `grep -ls 'EMULATOR_RUN=${folder}/' /proc/[0-9]*/environ; true`]);
  const pids = stdout
    .split("\n")
    .filter(Boolean)
    .map((path) => Number(path.split("/")[2]));
  // `unshare` waits for it and bears the same environment; the machine's own first process came after.
  const pid = Math.max(...(await Promise.all(pids.map(async (each) => ((await isInit(each)) ? each : 0)))));
  if (pid <= 0) throw new Error(`no machine runs in ${folder}`);
  return pid;
}

/** Whether a process is number 1 in a namespace of its own. */
async function isInit(pid: number): Promise<boolean> {
  return /^NSpid:\s+\d+\s+1$/m.test((await run("cat", [`/proc/${pid}/status`])).stdout);
}

async function isThere(pid: number): Promise<boolean> {
  return (await run("kill", ["-0", String(pid)])).code === 0;
}
