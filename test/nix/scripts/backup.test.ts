// vps-backup: rsync and restic for real where they are, on real files.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { testWith } from "../support/programs";
import { Stage } from "../support/script";

describe("vps-backup", () => {
  function machine(method: string): { stage: Stage; run: (...args: string[]) => ReturnType<Stage["run"]> } {
    const stage = new Stage();
    stage.write("home/ann/letter", "dear");
    stage.write("home/ann/.cache/big", "x");
    stage.write("password", "secret\n", 0o600);
    const config = stage.write(
      "backup.json",
      JSON.stringify({
        method,
        repository: stage.path("repository"),
        paths: [stage.path("home"), stage.path("not-yet")],
        exclude: [stage.path("home/*/.cache")],
        prepare: { dump: `echo dumped > ${stage.path("home/dump")}` },
        passwordFile: stage.path("password"),
        environmentFile: null,
        keep: { daily: 1, weekly: 1, monthly: 1 },
      }),
    );
    return { stage, run: (...args) => stage.run("vps-backup", [...args, "--config", config]) };
  }

  testWith(["jq", "rsync"], "rsync: brings data away and back, dumps before, leaves caches out, deletes what is gone", () => {
    const { stage, run } = machine("rsync");
    expect(run("run")).toMatchObject({ code: 0, err: expect.stringContaining("not-yet does not exist") as string });
    const copy = stage.path("repository", stage.path("home"));
    expect(readdirSync(copy).sort()).toEqual(["ann", "dump"]);
    expect(existsSync(join(copy, "ann/.cache"))).toBe(false);
    spawnSync("rm", [stage.path("home/ann/letter")]);
    expect(run("restore", "--to", stage.path("back")).code).toBe(0);
    expect(readFileSync(join(stage.path("back"), stage.path("home/ann/letter")), "utf8")).toBe("dear");
    expect(run("run").code).toBe(0);
    expect(existsSync(join(copy, "ann/letter"))).toBe(false);
  });

  testWith(["jq", "rsync"], "rsync: a dry run says what it would do and does nothing", () => {
    const { stage, run } = machine("rsync");
    mkdirSync(stage.path("repository"));
    const dry = run("run", "--dry-run");
    expect([dry.code, dry.out]).toEqual([0, expect.stringContaining("would prepare dump")]);
    expect(dry.out).toContain("letter");
    expect(readdirSync(stage.path("repository"))).toEqual([]);
    expect(existsSync(stage.path("home/dump"))).toBe(false);
  });

  testWith(["jq"], "sends nothing when a dump fails", () => {
    const { stage } = machine("rsync");
    const config = JSON.parse(readFileSync(stage.path("backup.json"), "utf8")) as Record<string, unknown>;
    stage.write("backup.json", JSON.stringify({ ...config, prepare: { dump: "false | true" } }));
    stage.fake("rsync");
    const run = stage.run("vps-backup", ["run", "--config", stage.path("backup.json")]);
    expect([run.code, run.err]).toEqual([1, expect.stringContaining("preparing dump failed; nothing was backed up")]);
    expect(stage.calls()).toEqual([]);
  });

  testWith(["jq"], "restic: makes the repository once, backs up, and thins out", () => {
    const { stage, run } = machine("restic");
    stage.fake(
      "restic",
      `[ "$RESTIC_PASSWORD_FILE" = ${stage.path("password")} ] || exit 9
       case "$*" in *"cat config"*) [ -e ${stage.path("made")} ] || exit 1 ;; *init*) touch ${stage.path("made")} ;; esac`,
    );
    expect(run("run").code).toBe(0);
    expect(run("run").code).toBe(0);
    const commands = stage.calls().map((call) => /restic --repo \S+ (\S+)/.exec(call)?.[1]);
    expect(commands).toEqual(["cat", "init", "backup", "forget", "cat", "backup", "forget"]);
    expect(stage.calls().join("\n")).not.toContain("secret");
  });

  testWith(["jq", "restic"], "restic: brings data away and back for real", () => {
    const { stage, run } = machine("restic");
    expect(run("run")).toMatchObject({ code: 0 });
    spawnSync("rm", [stage.path("home/ann/letter")]);
    expect(run("restore", "--to", stage.path("back")).code).toBe(0);
    expect(readFileSync(join(stage.path("back"), stage.path("home/ann/letter")), "utf8")).toBe("dear");
    expect(run("check").code).toBe(0);
  });

  testWith(["jq"], "never restores over live data unasked", () => {
    const { run } = machine("restic");
    expect(run("restore")).toMatchObject({ code: 2, err: expect.stringContaining("restore needs --to DIR") as string });
  });
});
