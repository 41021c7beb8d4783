// vps-update, with nix played and Git real.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { testWith } from "../support/programs";
import { Stage } from "../support/script";

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
