// vps-go-back on a real note and a real lock, with played systems.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { Stage } from "../support/script";

interface Machine {
  stage: Stage;
  env: Record<string, string>;
  note: string;
  /** Which system boots by default. */
  boots: () => string;
  /** What was done to systems, in order. */
  deeds: () => string[];
}

/** A machine that was restarted from `old` into `new` and waits for its confirmation. */
function machine({ booted = "new", current, noted = true }: { booted?: string; current?: string; noted?: boolean } = {}): Machine {
  const stage = new Stage();
  for (const system of ["old", "new", "other"]) stage.system(system);
  mkdirSync(stage.path("profiles"));
  mkdirSync(stage.path("run"));
  symlinkSync(stage.path("new"), stage.path("profiles/system"));
  symlinkSync(stage.path(booted), stage.path("run/booted-system"));
  symlinkSync(stage.path(current ?? booted), stage.path("run/current-system"));
  const note = stage.path("state/unconfirmed");
  if (noted) stage.write("state/unconfirmed", `${stage.path("old")}\n${stage.path("new")}\n`);
  stage.fake("nix-env", `ln -sfn "$4" "$2"`);
  // The shutdown that it asks for ends it.
  stage.fake("systemctl", `kill -TERM $PPID`);
  return {
    stage,
    env: { VPS_PROFILES: stage.path("profiles"), VPS_RUNNING: stage.path("run"), VPS_STATE: stage.path("state") },
    note,
    boots: () => readlinkSync(stage.path("profiles/system")).replace(`${stage.folder}/`, ""),
    deeds: () => stage.calls().map((call) => call.replaceAll(`${stage.folder}/`, "")),
  };
}

describe("vps-go-back", () => {
  test("makes the former system the one that boots, forgets the note and reboots", () => {
    const { stage, env, note, boots, deeds } = machine();
    const run = stage.run("vps-go-back", [], env);
    expect([run.code, run.out, run.err]).toEqual([0, `not confirmed: going back to ${stage.path("old")}\n`, ""]);
    expect(deeds()).toEqual(["nix-env --profile profiles/system --set old", "old boot", "systemctl reboot --no-block"]);
    expect([boots(), existsSync(note)]).toEqual(["old", false]);
  });

  test("does nothing when the boot was confirmed", () => {
    const { stage, env, deeds } = machine({ noted: false });
    expect(stage.run("vps-go-back", [], env)).toMatchObject({ code: 0, err: "" });
    expect(deeds()).toEqual([]);
  });

  test("does nothing when a confirmation came first, which it waits for", async () => {
    const { stage, env, note, boots, deeds } = machine();
    // Played by a script that holds the lock, and removes the note once the other has come to the lock.
    const lock = stage.path("run/nixos-vps.lock");
    stage.fake("flock", `touch ${stage.path("arrived")}; PATH=\${PATH#*:} exec flock "$@"`);
    const confirmation = spawn("bash", [
      "-c",
      `exec 9>"${lock}"; PATH=\${PATH#*/bin:} flock 9; echo held; until [ -e "${stage.path("arrived")}" ]; do read -rt 0.05 <> <(:) || :; done; rm "${note}"`,
    ]);
    await once(confirmation.stdout, "data");
    const run = stage.run("vps-go-back", [], env);
    expect([run.code, run.out]).toEqual([0, "nothing to undo: no boot waits for its confirmation\n"]);
    expect(boots()).toBe("new");
    expect(deeds().filter((deed) => !deed.startsWith("flock"))).toEqual([]);
  });

  test("holds the lock until the machine is down, so that a late confirmation does not succeed", () => {
    const { stage, env } = machine();
    stage.fake("systemctl", `flock -n ${stage.path("run/nixos-vps.lock")} true && echo free || echo held; kill -TERM $PPID`);
    expect(stage.run("vps-go-back", [], env).out).toMatch(/\nheld\n$/);
  });

  test("keeps the note when the boot menu could not be written, and goes back the next time", () => {
    const { stage, env, note, boots } = machine();
    const menu = stage.path("old/bin/switch-to-configuration");
    const works = readFileSync(menu, "utf8");
    stage.write("old/bin/switch-to-configuration", "#!/bin/sh\nexit 1\n", 0o755);
    expect(stage.run("vps-go-back", [], env).code).not.toBe(0);
    expect([existsSync(note), stage.calls().some((call) => call.startsWith("systemctl"))]).toEqual([true, false]);
    stage.write("old/bin/switch-to-configuration", works, 0o755);
    expect(stage.run("vps-go-back", [], env).code).toBe(0);
    expect([existsSync(note), boots()]).toEqual([false, "old"]);
  });

  test("needs no reboot where the former system was chosen in the boot menu", () => {
    const { stage, env, note, boots, deeds } = machine({ booted: "old" });
    expect(stage.run("vps-go-back", [], env)).toMatchObject({ code: 0 });
    expect([boots(), existsSync(note), deeds().some((deed) => deed.includes("reboot"))]).toEqual(["old", false, false]);
  });

  test("needs no reboot where the former system runs since a switch, and what waits was never booted", () => {
    const { stage, env, note, boots, deeds } = machine({ booted: "other", current: "old" });
    expect(stage.run("vps-go-back", ["--dry-run"], env).out).toBe(
      `would make ${stage.path("old")}, which runs already, the one that boots\n`,
    );
    expect(stage.run("vps-go-back", [], env)).toMatchObject({ code: 0 });
    expect(deeds()).toEqual(["nix-env --profile profiles/system --set old", "old boot"]);
    expect([boots(), existsSync(note)]).toEqual(["old", false]);
  });

  test("reboots where another system was booted and runs, also when the note names neither", () => {
    const { stage, env, deeds } = machine({ booted: "other" });
    stage.run("vps-go-back", [], env);
    expect(deeds()).toContain("systemctl reboot --no-block");
  });

  test("reboots where the former system is active on another kernel", () => {
    const { stage, env, deeds } = machine({ booted: "new", current: "old" });
    stage.run("vps-go-back", [], env);
    expect(deeds()).toContain("systemctl reboot --no-block");
  });

  test("leaves a system that somebody made the default since, and forgets the note", () => {
    const { stage, env, note, boots, deeds } = machine({ current: "other" });
    rmSync(stage.path("profiles/system"));
    symlinkSync(stage.path("other"), stage.path("profiles/system"));
    expect(stage.run("vps-go-back", [], env).out).toContain("somebody has made");
    expect([boots(), existsSync(note), deeds()]).toEqual(["other", false, []]);
  });

  test("changes nothing where the former system is gone, and says what can be done", () => {
    const { stage, env, note, boots, deeds } = machine();
    rmSync(stage.path("old"), { recursive: true });
    const run = stage.run("vps-go-back", [], env);
    expect([run.code, boots(), existsSync(note), deeds()]).toEqual([1, "new", true, []]);
    expect(run.err).toContain("vps-rollback");
  });

  test("says so when the reboot does not come about", () => {
    const { stage, env } = machine();
    stage.fake("systemctl");
    const run = stage.run("vps-go-back", [], { ...env, VPS_SHUTDOWN_SECONDS: "0" });
    expect([run.code, run.err]).toEqual([1, expect.stringContaining("did not come about")]);
  });

  test("changes nothing in a dry run", () => {
    const { stage, env, note, boots, deeds } = machine();
    expect(stage.run("vps-go-back", ["--dry-run"], env).out).toBe(`would reboot into ${stage.path("old")}\n`);
    expect([boots(), existsSync(note), deeds()]).toEqual(["new", true, []]);
  });
});
