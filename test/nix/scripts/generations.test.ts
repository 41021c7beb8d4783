// The scripts that go through generations, on a real folder of profiles with played systems.
import { spawnSync } from "node:child_process";
import { lutimesSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Stage } from "../support/script";

/** Three generations, the second one current. */
function generations(stage: Stage, options: { code?: number } = {}): string {
  const profiles = stage.path("profiles");
  mkdirSync(profiles);
  for (const n of [9, 10, 11]) symlinkSync(stage.system(`generation${n}`, options), join(profiles, `system-${n}-link`));
  symlinkSync("system-10-link", join(profiles, "system"));
  // What the real one does to the link.
  stage.fake(
    "nix-env",
    `while [ $# -gt 1 ]; do case "$1" in --profile) p=$2 ;; --switch-generation) ln -sfn "system-$2-link" "$p" ;; esac; shift; done`,
  );
  return profiles;
}

describe("vps-rollback", () => {
  test("goes to the generation before, by number and not by letter", () => {
    const stage = new Stage();
    const profiles = generations(stage);
    const run = stage.run("vps-rollback", [], { VPS_PROFILES: profiles });
    expect([run.code, run.out]).toEqual([0, "generation 9 is active\n"]);
    expect(readlinkSync(join(profiles, "system"))).toBe("system-9-link");
    expect(stage.calls()).toContain("generation9 switch");
  });

  test("says so when there is nothing before, or no such generation", () => {
    const stage = new Stage();
    const profiles = generations(stage);
    expect(stage.run("vps-rollback", ["--to", "12"], { VPS_PROFILES: profiles }).code).toBe(2);
    stage.run("vps-rollback", ["--to", "9"], { VPS_PROFILES: profiles });
    const run = stage.run("vps-rollback", [], { VPS_PROFILES: profiles });
    expect([run.code, run.err]).toEqual([2, "vps-rollback: there is no generation before 9\n"]);
  });

  test("tells a unit that failed from an activation that failed", () => {
    const units = new Stage();
    expect(units.run("vps-rollback", [], { VPS_PROFILES: generations(units, { code: 4 }) })).toMatchObject({ code: 0 });
    const broken = new Stage();
    expect(broken.run("vps-rollback", [], { VPS_PROFILES: generations(broken, { code: 1 }) })).toMatchObject({ code: 1 });
  });

  test("lists, and changes nothing in a dry run", () => {
    const stage = new Stage();
    const profiles = generations(stage);
    expect(stage.run("vps-rollback", ["--list"], { VPS_PROFILES: profiles }).out).toMatch(/^ {2}9 .*\n\* 10 .*\n {2}11 /);
    expect(stage.run("vps-rollback", ["--dry-run"], { VPS_PROFILES: profiles }).out).toContain("would go from generation 10 to 9");
    expect(stage.calls()).toEqual([]);
  });
});

describe("vps-prune", () => {
  const old = new Date(Date.now() - 30 * 86_400_000);
  const numbers = (profiles: string): number[] =>
    readdirSync(profiles)
      .flatMap((name) => /^system-(\d+)-link$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);

  /** Generations 7 to 11 with 10 current, all of them a month old but for 8. */
  function machine(): { stage: Stage; profiles: string; env: Record<string, string> } {
    const stage = new Stage();
    const profiles = generations(stage);
    for (const n of [7, 8]) symlinkSync(stage.system(`generation${n}`), join(profiles, `system-${n}-link`));
    for (const n of [7, 9, 10, 11]) lutimesSync(join(profiles, `system-${n}-link`), old, old);
    mkdirSync(stage.path("run"));
    symlinkSync(stage.path("generation10"), stage.path("run/current-system"));
    stage.fake("nix-env", `[ "$3" = --delete-generations ] && rm "$2-$4-link"`);
    return { stage, profiles, env: { VPS_PROFILES: profiles, VPS_RUNNING: stage.path("run") } };
  }

  test("deletes what is old, and never the way back", () => {
    const { stage, profiles, env } = machine();
    expect(stage.run("vps-prune", ["--days", "14"], env)).toMatchObject({ code: 0 });
    expect(numbers(profiles)).toEqual([8, 9, 10, 11]);
  });

  test("keeps what runs, though the profile has another", () => {
    const { stage, profiles, env } = machine();
    spawnSync("ln", ["-sfn", stage.path("generation7"), stage.path("run/current-system")]);
    stage.run("vps-prune", ["--days", "14"], env);
    expect(numbers(profiles)).toEqual([7, 8, 9, 10, 11]);
  });

  test("deletes nothing in a dry run", () => {
    const { stage, profiles, env } = machine();
    expect(stage.run("vps-prune", ["--dry-run"], env).out).toBe("would delete generation 7\n");
    expect(numbers(profiles)).toEqual([7, 8, 9, 10, 11]);
  });
});
