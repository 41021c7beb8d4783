// What a machine says of its health after a change, against what was noted before it: the real script, with the machine's programs stood in for.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseResults, remoteScript } from "../../../steps/ssh/remote";
import { temporaryFolders } from "../support/temporaryFolder";

const newFolder = temporaryFolders();

interface Machine {
  /** Units that have failed. */
  failed?: string[];
  /** Of 1000 blocks of the root file system. */
  free?: number;
  clock?: "yes" | "no";
  /** What its own checks say; exit code 1. */
  checks?: string;
}

/** Notes how one machine is, and asks how it is when it has become another. */
async function sickAfter(before: Machine | undefined, after: Machine): Promise<string[]> {
  const folder = newFolder();
  if (before) await run(folder, before, "note_before");
  return run(folder, after, (await remoteScript("health")).replace(/^[^]*?\nscript\(\) \{\n/, "script() {\n"));
}

async function run(folder: string, { failed = [], free = 500, clock = "yes", checks }: Machine, script: string): Promise<string[]> {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  const program = (name: string, text: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  program(
    "systemctl",
    `case "$1" in list-units) printf '%s' '${failed.map((unit) => `${unit} loaded failed failed x\n`).join("")}' ;; esac`,
  );
  program("df", `printf 'Filesystem 1024-blocks Used Available Capacity Mounted\\n/dev/x 1000 1 ${free} 1%% %s\\n' "$2"`);
  program("mountpoint", '[ "$2" = / ]');
  program("timedatectl", `echo ${clock}`);
  program("vps-health", checks === undefined ? "exit 0" : `printf '%s\\n' '${checks}'; exit 1`);
  const shared = (await remoteScript("health")).split("\nscript() {\n")[0] ?? "";
  const { stdout, stderr, status } = spawnSync("bash", ["-s"], {
    input: `${shared}\n${script}\n`,
    env: { ...process.env, PATH: `${bin}:${process.env.PATH ?? ""}`, BEFORE: join(folder, "before"), WORK: join(folder, "work") },
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
  return parseResults(stdout).all("sick");
}

test("a machine that is well has nothing to say", async () => {
  expect(await sickAfter({}, {})).toEqual([]);
});

test("units that have failed before do not count, those that are new do; after a first start all do", async () => {
  expect(await sickAfter({ failed: ["old.service"] }, { failed: ["old.service", "new.service"] })).toEqual(["new.service failed"]);
  expect(await sickAfter(undefined, { failed: ["old.service"] })).toEqual(["old.service failed"]);
});

test("a file system with less than a hundredth left is full, unless it was so before", async () => {
  expect(await sickAfter({}, { free: 10 })).toEqual([]);
  expect(await sickAfter({}, { free: 9 })).toEqual(["/ is full"]);
  expect(await sickAfter({ free: 9 }, { free: 1 })).toEqual([]);
});

test("a clock that was in sync has to be so afterwards", async () => {
  expect(await sickAfter({ clock: "yes" }, { clock: "no" })).toEqual(["the clock is not in sync any more"]);
  expect(await sickAfter({ clock: "no" }, { clock: "no" })).toEqual([]);
});

test("each of the machine's own checks that fails is named with its reason", async () => {
  const checks = "ok    ssh (3 ms)\nFAIL  web: HTTP status 503 instead of 200 (for 30 s)\nFAIL  db: port 5432 takes no connection";
  expect(await sickAfter({}, { checks })).toEqual(["web: HTTP status 503 instead of 200 (for 30 s)", "db: port 5432 takes no connection"]);
  expect(await sickAfter({}, { checks: "vps-health: no readable list" })).toEqual(["vps-health: vps-health: no readable list"]);
});
