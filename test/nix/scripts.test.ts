// The scripts of nix/packages, run on real files; only what would change the computer itself is played.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nixFolder } from "./support/evaluation";
import { testWith } from "./support/programs";
import { scriptText, Stage } from "./support/script";

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

describe("vps-health", () => {
  const checks = (stage: Stage, ...list: { name: string; command: string; timeout?: number }[]): string =>
    stage.write("health.json", JSON.stringify(list));

  testWith(["jq"], "passes when every check does", () => {
    const stage = new Stage();
    const file = checks(stage, { name: "one", command: "true" }, { name: "two", command: "test 1 = 1" });
    const run = stage.run("vps-health", ["--checks", file]);
    expect(run.code).toBe(0);
    expect(run.out).toMatch(/^ok {4}one \(\d+ ms\)\nok {4}two \(\d+ ms\)\n$/);
  });

  testWith(["jq"], "fails when one does, says why, and runs the others all the same", () => {
    const stage = new Stage();
    const file = checks(stage, { name: "bad", command: "echo first; echo 'no database' >&2; exit 3" }, { name: "good", command: "true" });
    const run = stage.run("vps-health", ["--checks", file]);
    expect(run.code).toBe(1);
    expect(run.out).toContain("FAIL  bad: exit code 3: no database");
    expect(run.out).toContain("ok    good");
  });

  testWith(["jq"], "does not wait for a check that never ends", () => {
    const stage = new Stage();
    const started = Date.now();
    const run = stage.run("vps-health", ["--checks", checks(stage, { name: "stuck", command: "trap '' TERM; sleep 60", timeout: 1 })]);
    expect(run.code).toBe(1);
    expect(run.out).toContain("FAIL  stuck: no answer within 1 s");
    expect(Date.now() - started).toBeLessThan(10_000);
  });

  testWith(["jq"], "gives one JSON document on request", () => {
    const stage = new Stage();
    const run = stage.run("vps-health", [
      "--json",
      "--checks",
      checks(stage, { name: "a", command: "true" }, { name: 'b "quoted"', command: "false" }),
    ]);
    expect(run.code).toBe(1);
    expect(JSON.parse(run.out)).toMatchObject({
      ok: false,
      checks: [
        { name: "a", ok: true },
        { name: 'b "quoted"', ok: false, reason: "exit code 1" },
      ],
    });
  });

  testWith(["jq"], "is not healthy because its list cannot be read", () => {
    const stage = new Stage();
    expect(stage.run("vps-health", ["--checks", stage.path("none.json")]).code).toBe(2);
    expect(stage.run("vps-health", ["--checks", stage.write("half.json", '[{"name":')]).code).toBe(2);
  });
});

describe("vps-configuration-copy", () => {
  const prepared = (): Stage => {
    const stage = new Stage();
    stage.write("nixos/flake.nix", "{ }");
    stage.write("nixos/hosts/a/default.nix", "{ a = 1; }");
    return stage;
  };
  const args = (stage: Stage): string[] => ["--from", stage.path("nixos"), "--to", stage.path("volume/.nixos")];

  test("copies everything, and then finds nothing to do", () => {
    const stage = prepared();
    expect(stage.run("vps-configuration-copy", args(stage)).out).toContain("copied");
    expect(readFileSync(stage.path("volume/.nixos/hosts/a/default.nix"), "utf8")).toBe("{ a = 1; }");
    expect(stage.run("vps-configuration-copy", args(stage)).out).toContain("is current");
    expect(readdirSync(stage.path("volume"))).toEqual([".nixos"]);
  });

  test("takes away what is gone", () => {
    const stage = prepared();
    stage.run("vps-configuration-copy", args(stage));
    stage.write("volume/.nixos/left-over.nix", "");
    stage.run("vps-configuration-copy", args(stage));
    expect(existsSync(stage.path("volume/.nixos/left-over.nix"))).toBe(false);
  });

  test("keeps a good copy when the configuration is empty", () => {
    const stage = prepared();
    stage.run("vps-configuration-copy", args(stage));
    writeFileSync(stage.path("nixos/flake.nix"), "");
    expect(stage.run("vps-configuration-copy", args(stage)).code).toBe(2);
    expect(readFileSync(stage.path("volume/.nixos/flake.nix"), "utf8")).toBe("{ }");
  });

  test("changes nothing in a dry run", () => {
    const stage = prepared();
    expect(stage.run("vps-configuration-copy", [...args(stage), "--dry-run"]).out).toContain("would copy");
    expect(existsSync(stage.path("volume"))).toBe(false);
  });
});

describe("vps-packages", () => {
  const prepared = (...packages: string[]): Stage => {
    const stage = new Stage();
    stage.write("system/sw/.keep", "");
    stage.fake("nix-store", `printf '%s\\n' ${packages.map((name) => `/nix/store/${"a".repeat(32)}-${name}`).join(" ")}`);
    return stage;
  };

  test("writes names and versions, sorted, and only when they have changed", () => {
    const stage = prepared("vim-9.1", "curl-8.1", "curl-8.1");
    const args = ["--system", stage.path("system"), "--to", stage.path("list/packages.txt")];
    expect(stage.run("vps-packages", args).out).toContain("wrote 2 packages");
    expect(readFileSync(stage.path("list/packages.txt"), "utf8")).toBe("curl-8.1\nvim-9.1\n");
    expect(stage.run("vps-packages", args).out).toContain("is current");
  });

  test("shows what differs, with exit code 1", () => {
    const stage = prepared("vim-9.2");
    const before = stage.write("before.txt", "vim-9.1\n");
    const run = stage.run("vps-packages", ["--system", stage.path("system"), "--compare", before]);
    expect(run.code).toBe(1);
    expect(run.out).toContain("-vim-9.1\n+vim-9.2");
  });
});

describe("vps-snapshot", () => {
  const snapshots = (count: number): string =>
    `case "$1" in list) printf '%s\\n' ${["rpool@by-hand", ...Array.from({ length: count }, (_, i) => `rpool@vps-2026010${i}T000000Z`)].join(" ")} ;; esac`;

  test("keeps the newest, and never deletes what it has not made", () => {
    const stage = new Stage();
    stage.fake("zfs", snapshots(5));
    expect(stage.run("vps-snapshot", ["prune", "--keep", "3", "rpool"]).code).toBe(0);
    expect(stage.calls().filter((call) => call.startsWith("zfs destroy"))).toEqual([
      "zfs destroy -r rpool@vps-20260100T000000Z",
      "zfs destroy -r rpool@vps-20260101T000000Z",
    ]);
  });

  test("changes nothing in a dry run", () => {
    const stage = new Stage();
    stage.fake("zfs", snapshots(5));
    expect(stage.run("vps-snapshot", ["make", "--keep", "1", "--dry-run", "rpool"]).out).toContain("would run: zfs snapshot -r rpool@vps-");
    expect(stage.calls().every((call) => call.startsWith("zfs list"))).toBe(true);
  });

  test("goes back to a snapshot that exists, and to no other", () => {
    const stage = new Stage();
    stage.fake("zfs", snapshots(2));
    expect(stage.run("vps-snapshot", ["rollback", "rpool", "vps-20260101T000000Z"]).code).toBe(0);
    expect(stage.calls()).toContain("zfs rollback -r rpool@vps-20260101T000000Z");
    expect(stage.run("vps-snapshot", ["rollback", "rpool", "vps-2020"]).code).toBe(2);
    expect(stage.run("vps-snapshot", ["rollback", "rpool"]).code).toBe(2);
    expect(stage.run("vps-snapshot", ["prune", "--keep", "0", "rpool"]).code).toBe(2);
  });
});

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

describe("vps-update", () => {
  function machine({ code = 0, health = 0, inputs = true }: { code?: number; health?: number; inputs?: boolean } = {}): {
    stage: Stage;
    args: string[];
    env: Record<string, string>;
  } {
    const stage = new Stage();
    stage.write("nixos/flake.nix", "{ }");
    stage.write("nixos/facts.json", '{"machine":"devserver"}');
    const old = stage.system("old");
    const next = stage.system("next", { code, health });
    mkdirSync(stage.path("profiles"));
    symlinkSync(old, stage.path("profiles/system"));
    mkdirSync(stage.path("run"));
    symlinkSync(old, stage.path("run/current-system"));
    symlinkSync(old, stage.path("run/booted-system"));
    stage.fake("nix", `[ "$1" = build ] && echo ${next} || true`);
    stage.fake("nix-env");
    stage.fake("systemctl");
    return {
      stage,
      args: ["--flake", stage.path("nixos"), ...(inputs ? ["--inputs", "nixpkgs"] : [])],
      env: { VPS_PROFILES: stage.path("profiles"), VPS_RUNNING: stage.path("run") },
    };
  }

  testWith(["jq"], "tries, asks for health, and only then keeps", () => {
    const { stage, args, env } = machine();
    expect(stage.run("vps-update", args, env)).toMatchObject({ code: 0 });
    const calls = stage.calls();
    expect(calls.findIndex((call) => call === "next test")).toBeLessThan(calls.findIndex((call) => call.startsWith("nix-env")));
    expect(calls.at(-1)).not.toContain("reboot");
    expect(calls).toContain("next boot");
    expect(calls.some((call) => call.startsWith("nix flake update nixpkgs"))).toBe(true);
  });

  testWith(["jq"], "goes back when the new system is not healthy, and keeps nothing", () => {
    const { stage, args, env } = machine({ health: 1 });
    expect(stage.run("vps-update", args, env)).toMatchObject({ code: 1 });
    expect(stage.calls().filter((call) => /^(old|next|nix-env)/.test(call))).toEqual(["next test", "old test"]);
  });

  testWith(["jq"], "goes back when activation fails, but not for a unit that failed while the checks pass", () => {
    const broken = machine({ code: 1 });
    expect(broken.stage.run("vps-update", broken.args, broken.env)).toMatchObject({ code: 1 });
    const unit = machine({ code: 4 });
    expect(unit.stage.run("vps-update", unit.args, unit.env)).toMatchObject({ code: 0 });
  });

  testWith(["jq"], "does nothing when the system is the same", () => {
    const { stage, args, env } = machine();
    stage.fake("nix", `[ "$1" = build ] && echo ${stage.path("old")} || true`);
    expect(stage.run("vps-update", args, env).out).toContain("current");
    expect(stage.calls().filter((call) => /^(old|next|nix-env)/.test(call))).toEqual([]);
  });

  testWith(["jq"], "reboots for a new kernel within its window alone", () => {
    const window = (around: number): string => {
      const at = (ms: number): string => new Date(Date.now() + ms).toISOString().slice(11, 16);
      return `${at(around - 3_600_000)}-${at(around + 3_600_000)}`;
    };
    for (const [around, reboots] of [
      [0, true],
      [6 * 3_600_000, false],
    ] as const) {
      const { stage, args, env } = machine();
      const run = stage.run("vps-update", [...args, "--operation", "boot", "--reboot-window", window(around)], env);
      expect([run.code, stage.calls().includes("systemctl reboot")]).toEqual([0, reboots]);
    }
  });

  testWith(["jq", "git"], "takes the configuration from Git and the facts from the machine", () => {
    const { stage, args, env } = machine({ inputs: false });
    const git = (...words: string[]): void => {
      const run = spawnSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", "-C", stage.path("repository"), ...words], {
        encoding: "utf8",
      });
      expect([run.status, run.stderr]).toEqual([0, expect.anything()]);
    };
    stage.write("repository/nix/flake.nix", "{ new = true; }");
    git("init", "-q", "-b", "main");
    git("add", ".");
    git("commit", "-q", "-m", "c");
    stage.fake(
      "nix",
      `f=\${*: -1}; f=\${f#path:}; f=\${f%%#*}; cat "$f/flake.nix" "$f/facts.json" >${stage.path("seen")}; echo ${stage.path("next")}`,
    );
    expect(stage.run("vps-update", [...args, "--git", `file://${stage.path("repository")}`], env)).toMatchObject({ code: 0 });
    expect(readFileSync(stage.path("seen"), "utf8")).toBe('{ new = true; }{"machine":"devserver"}');
    expect(readFileSync(stage.path("nixos/flake.nix"), "utf8")).toBe("{ }");
  });

  testWith(["jq"], "refuses two sources, none, and words it does not know", () => {
    const { stage, args, env } = machine();
    for (const wrong of [
      ["--git", "https://example.org"],
      ["--operation", "later"],
      ["--reboot-window", "night"],
    ])
      expect(stage.run("vps-update", [...args, ...wrong], env).code).toBe(2);
    expect(stage.run("vps-update", ["--flake", stage.path("nixos")], env).code).toBe(2);
    expect(stage.calls()).toEqual([]);
  });
});

describe("vps-flake-update", () => {
  const prepared = (evaluates: boolean): Stage => {
    const stage = new Stage();
    stage.write("flake/flake.nix", "{ }");
    stage.write("flake/flake.lock", '{\n  "rev": "old"\n}\n');
    stage.fake(
      "nix",
      `case "$1 $2" in
        "flake update") printf '{\\n  "rev": "new"\\n}\\n' >flake.lock ;;
        "eval --raw") case "$*" in *--apply*) echo -n "a b" ;; *) ${evaluates ? "echo -n drv" : "[[ $* != *'\"b\"'* ]]"} ;; esac ;;
      esac`,
    );
    return stage;
  };

  test("keeps the new lock when every machine evaluates", () => {
    const stage = prepared(true);
    expect(stage.run("vps-flake-update", ["--flake", stage.path("flake")])).toMatchObject({ code: 0 });
    expect(readFileSync(stage.path("flake/flake.lock"), "utf8")).toContain("new");
  });

  test("keeps the old one when a machine no longer does", () => {
    const stage = prepared(false);
    const run = stage.run("vps-flake-update", ["--flake", stage.path("flake")]);
    expect([run.code, run.err]).toEqual([1, expect.stringContaining("b no longer evaluates")]);
    expect(readFileSync(stage.path("flake/flake.lock"), "utf8")).toContain("old");
  });

  test("keeps the old one in a dry run", () => {
    const stage = prepared(true);
    expect(stage.run("vps-flake-update", ["--flake", stage.path("flake"), "--dry-run"]).out).toContain("would update");
    expect(readFileSync(stage.path("flake/flake.lock"), "utf8")).toContain("old");
  });
});

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
