// Every script of nix/packages: its style, its help, and its place in the list.
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { nixFolder } from "../support/evaluation";
import { testWith } from "../support/programs";
import { scriptText, Stage } from "../support/script";

const scripts = readdirSync(join(nixFolder, "packages"))
  .filter((file) => file.endsWith(".sh"))
  .map((file) => file.slice(0, -3));

describe("every script", () => {
  testWith(["shellcheck"], "satisfies shellcheck", () => {
    for (const name of scripts) {
      const run = spawnSync("shellcheck", ["--shell=bash", "-"], { input: scriptText(name), encoding: "utf8" });
      expect([name, run.stdout]).toEqual([name, ""]);
    }
  });

  test.each(scripts)("%s explains itself, and refuses what it does not know", (name) => {
    const stage = new Stage();
    const help = stage.run(name, ["--help"]);
    expect(help.code).toBe(0);
    expect(help.out).toContain(`Usage: ${name}`);
    expect(help.out).toContain("Exit codes:");
    const wrong = stage.run(name, ["--no-such-thing"]);
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain(name);
  });

  test("is a package with its programs", () => {
    const list = readFileSync(join(nixFolder, "packages", "default.nix"), "utf8");
    for (const name of scripts) expect(list).toContain(`    ${name} = [`);
  });
});
