// vps-health, run with real checks.
import { testWith } from "../support/programs";
import { Stage } from "../support/script";

describe("vps-health", () => {
  const checks = (stage: Stage, ...list: { name: string; command: string; timeout?: number; limit?: number }[]): string =>
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

  testWith(["jq"], "tries again what has time to become well, and says for how long it did in vain", () => {
    const stage = new Stage();
    const slow = `[ -e ${stage.path("tried")} ] || { touch ${stage.path("tried")}; false; }`;
    const file = checks(stage, { name: "slow", command: slow, limit: 60 }, { name: "never", command: "false", limit: 1 });
    const run = stage.run("vps-health", ["--checks", file]);
    expect(run.code).toBe(1);
    expect(run.out).toMatch(/^ok {4}slow /);
    expect(run.out).toContain("FAIL  never: exit code 1 (for 1 s)");
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
