// The scripts that look at a machine, on a folder that plays one.
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { testWith } from "../support/programs";
import { Stage } from "../support/script";

describe("vps-persistence-test", () => {
  function machine(): { stage: Stage; run: (...args: string[]) => ReturnType<Stage["run"]> } {
    const stage = new Stage();
    for (const path of ["a", "b", "c", "d"]) stage.write(`root/nix/store/${path}/x`, "");
    stage.write("root/etc/ssh/ssh_host_ed25519_key.pub", "key");
    const profiles = stage.path("root/nix/var/nix/profiles");
    mkdirSync(profiles, { recursive: true });
    for (const n of [9, 10]) symlinkSync(stage.system(`generation${n}`), join(profiles, `system-${n}-link`));
    symlinkSync("system-10-link", join(profiles, "system"));
    mkdirSync(stage.path("home/qwe"), { recursive: true });
    stage.fake("findmnt", `case "$*" in *TARGET*) echo ${stage.path("home")} ;; *) cat ${stage.write("uuid", "1234")} ;; esac`);
    return {
      stage,
      run: (...args) => stage.run("vps-persistence-test", ["--volume", stage.path("home"), ...args], { VPS_ROOT: stage.path("root") }),
    };
  }

  testWith(["jq"], "finds a machine that has come back as it was", () => {
    const { run } = machine();
    expect(run("prepare")).toMatchObject({ code: 0 });
    const compared = run("compare");
    expect([compared.code, compared.out]).toEqual([0, expect.not.stringContaining("FAIL")]);
  });

  testWith(["jq"], "sees another volume, a lost home, another host key and an empty store", () => {
    const { stage, run } = machine();
    run("prepare");
    stage.write("uuid", "9999");
    spawnSync("rm", [
      "-r",
      stage.path("home/qwe"),
      stage.path("root/nix/store/a"),
      stage.path("root/nix/store/b"),
      stage.path("root/nix/store/c"),
    ]);
    stage.write("root/etc/ssh/ssh_host_ed25519_key.pub", "other");
    const { code, out } = run("compare");
    expect(code).toBe(1);
    for (const problem of ["another volume", "another hostKey", "only 1 store paths, 4 before", "homes: qwe"])
      expect(out).toContain(problem);
  });

  testWith(["jq"], "says that the marker is lost, and takes it away on request", () => {
    const { run } = machine();
    run("prepare");
    expect(run("clean").code).toBe(0);
    expect(run("compare")).toMatchObject({ code: 1, out: expect.stringContaining("it was lost") as string });
  });

  testWith(["jq"], "goes back a generation and forth again, and measures it", () => {
    const { stage, run } = machine();
    run("prepare");
    expect(run("compare", "--rollback").out).toMatch(/ok {4}rollback in \d+ ms/);
    expect(stage.calls().filter((call) => call.startsWith("generation"))).toEqual(["generation9 test", "generation10 test"]);
  });
});

describe("vps-report", () => {
  testWith(["jq", "ss", "df"], "is a page for people and a document for programs", () => {
    const stage = new Stage();
    stage.system("system");
    stage.fake("systemctl", "echo 'bad.service loaded failed failed Something'");
    mkdirSync(stage.path("run"));
    symlinkSync(stage.path("system"), stage.path("run/current-system"));
    symlinkSync(stage.path("system"), stage.path("run/booted-system"));
    const env = { VPS_RUNNING: stage.path("run") };
    const report = JSON.parse(stage.run("vps-report", ["--json"], env).out) as Record<string, unknown>;
    expect(report).toMatchObject({ rebootNeeded: false, failedUnits: ["bad.service"] });
    expect(report["memoryMB"]).toEqual({ total: expect.any(Number) as number, available: expect.any(Number) as number });
    expect(stage.run("vps-report", [], env).out).toContain("failed    bad.service");
    stage.system("newer");
    symlinkSync(stage.path("newer"), stage.path("run/next"));
    spawnSync("ln", ["-sfn", stage.path("newer"), stage.path("run/current-system")]);
    expect(stage.run("vps-report", [], env).out).toContain("reboot needed");
  });
});
