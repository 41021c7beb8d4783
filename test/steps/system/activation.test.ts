// How far an activation is, as an operator who lost the connection to it is told.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseResults, remoteScript } from "../../../steps/ssh/remote";
import { temporaryFolders } from "../support/temporaryFolder";

const newFolder = temporaryFolders();

/** Asks on a machine whose systemctl does this. */
async function codeWhere(systemctl: string, { lockHeld = false } = {}): Promise<string> {
  const folder = newFolder();
  const work = join(folder, "work");
  mkdirSync(work);
  const program = join(folder, "systemctl");
  writeFileSync(program, `#!/bin/sh\n${systemctl}\n`);
  chmodSync(program, 0o755);
  const script = lockHeld ? 'exec 9>"$WORK.lock"; flock 9; bash -s -- token 9>&-' : "bash -s -- token";
  const { stdout, stderr } = spawnSync("bash", ["-c", script], {
    input: await remoteScript("activation"),
    env: { ...process.env, PATH: `${folder}:${process.env.PATH ?? ""}`, WORK: work },
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  return parseResults(stdout).get("code");
}

test("an activation that ends just while it is asked for is told with its result, never as one without", async () => {
  expect(await codeWhere('echo 0 >"$WORK/activated-token"; exit 3')).toBe("0");
  expect(await codeWhere('echo 4 >"$WORK/activated-token"; exit 0')).toBe("4");
});

test("it runs while its unit does, and already while the script that starts the unit holds the machine's lock", async () => {
  expect(await codeWhere("exit 0")).toBe("running");
  expect(await codeWhere("exit 3", { lockHeld: true })).toBe("running");
});

test("what neither runs nor left a result is unknown; what the machine undid is told as that", async () => {
  expect(await codeWhere("exit 3")).toBe("unknown");
  expect(await codeWhere('mkdir "$WORK/decided-token"; echo 0 >"$WORK/activated-token"; exit 3')).toBe("rolled-back");
});
