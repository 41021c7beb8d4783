// The scripts as they are sent, read by shellcheck.
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseResults, remoteScript } from "../../steps/ssh/remote";

const names = readdirSync(join(__dirname, "../../steps/remote"))
  .map((file) => file.replace(/\.sh$/, ""))
  .filter((name) => !["shared", "luks", "copyMark"].includes(name));

const hasShellcheck = spawnSync("shellcheck", ["--version"]).status === 0;
if (!hasShellcheck) console.warn("SKIPPED: shellcheck is not installed");

// SC2317: not every script calls every shared function.
(hasShellcheck ? test : test.skip).each(names)("shellcheck has nothing to say about %s", async (name) => {
  const { stdout, status } = spawnSync("shellcheck", ["--exclude=SC2317", "-"], { input: await remoteScript(name), encoding: "utf8" });

  expect([stdout, status]).toEqual(["", 0]);
});

test("one script alone knows how to make a file system, and nothing else writes to a device but what receives a copy", () => {
  const remote = join(__dirname, "../../steps/remote");
  const code = (name: string): string => readFileSync(join(remote, name), "utf8").replace(/^\s*#.*$/gm, "");
  const using = (words: RegExp): string[] => readdirSync(remote).filter((name) => words.test(code(name)));

  expect(using(/\b(mkfs|mke2fs|wipefs|mkswap|luksFormat|sgdisk|sfdisk|parted|blkdiscard|zpool create|tune2fs -[^l])/)).toEqual([
    "initialiseVolume.sh",
  ]);
  expect(using(/\bof="?\$|>\s*"?\$device/)).toEqual(["copyMark.sh", "receiveChunks.sh"]);
});

test("what follows a script on stdin is left to the script, and a script that did not arrive whole does nothing", async () => {
  const whole = await remoteScript("cloudInit");
  const text = whole.replace(/script\(\) \{[^]*\n\}\n/, "script() {\ncat\n}\n");
  expect(text).toContain("script() {\ncat\n}");

  const run = (input: string | Buffer): Buffer => spawnSync("bash", ["-s", "--"], { input }).stdout;
  expect([...run(Buffer.concat([Buffer.from(text), Buffer.from([0, 10, 255])]))]).toEqual([0, 10, 255]);
  expect(run(text.slice(0, text.indexOf("cat\n") + 4)).toString()).toBe("");
});

test("results are lines of a name and a value; what others print is passed over", () => {
  const told = parseResults("noise: 1\nmounted /home\nfailed a.service\nfailed b.service\narmed\n=== x\n");

  expect(told.get("mounted")).toBe("/home");
  expect(told.all("failed")).toEqual(["a.service", "b.service"]);
  expect([told.get("armed"), told.get("missing")]).toEqual(["", ""]);
});
