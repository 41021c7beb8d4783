// vps-snapshot and vps-flake-update, with zfs and nix played.
import { readFileSync } from "node:fs";
import { Stage } from "../support/script";

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
