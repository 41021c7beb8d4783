// The unit files of the finished systems, read by systemd itself.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LATE } from "../../conformance/kernel/example";
import { describeEvaluated, evaluate, repository } from "./support/evaluation";
import { BOOT_MINUTES, bootMinutes } from "../../steps/system/confirmationTime";
import { testWith } from "./support/programs";
import { only, rendered, type Rendered } from "./support/rendered";

jest.setTimeout(600_000);

/** What systemd finds wrong with the units; programs of the store are not built here, so a real one stands in for them. */
function verify(units: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "vps-units-"));
  try {
    for (const [name, text] of Object.entries(units))
      writeFileSync(join(folder, name), text.replaceAll(/\/nix\/store\/[^\s:"]+/g, "/bin/true"));
    const files = Object.keys(units).map((name) => join(folder, name));
    const run = spawnSync("systemd-analyze", ["verify", "--man=no", "--recursive-errors=no", ...files], {
      encoding: "utf8",
      // The units beside each other, and this computer's own for the targets that they name.
      env: { PATH: process.env["PATH"], SYSTEMD_UNIT_PATH: `${folder}:/lib/systemd/system` },
    });
    return run.stderr
      .split("\n")
      .filter((line) => line.includes(folder) || Object.keys(units).some((name) => line.startsWith(name)))
      .join("\n")
      .replaceAll(`${folder}/`, "");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the machine says that a system's health checks may take (steps/remote/shared.sh). */
function secondsOf(checks: string): number {
  const system = mkdtempSync(join(tmpdir(), "vps-system-"));
  try {
    mkdirSync(join(system, "etc", "vps"), { recursive: true });
    writeFileSync(join(system, "etc", "vps", "health.json"), checks);
    const shared = readFileSync(join(repository, "steps", "remote", "shared.sh"), "utf8");
    return Number(spawnSync("bash", ["-s"], { input: `${shared}\nhealth_seconds '${system}'\n`, encoding: "utf8" }).stdout);
  } finally {
    rmSync(system, { recursive: true, force: true });
  }
}

describeEvaluated("the units of every example", () => {
  let systems: Record<string, Rendered>;
  beforeAll(() => {
    systems = rendered();
  });

  testWith(["systemd-analyze"], "say nothing that systemd does not understand", () => {
    for (const [name, { units }] of Object.entries(systems)) {
      expect(Object.keys(units)).not.toEqual([]);
      expect([name, verify(units)]).toEqual([name, ""]);
    }
  });

  testWith(["systemd-analyze"], "would be noticed if they did", () => {
    expect(verify({ "vps-bad.service": "[Service]\nTyp=oneshot\nExecStart=/bin/true\n" })).toMatch(/Unknown key (name )?'Typ'/);
  });

  test("go back by themselves after a boot that nobody confirms, even from the emergency mode", () => {
    for (const { units } of Object.values(systems)) {
      const timer = only(units["vps-go-back.timer"], "timer");
      expect(timer).toContain(`OnActiveSec=${BOOT_MINUTES}min`);
      for (const unit of [timer, only(units["vps-go-back.service"], "service")]) {
        expect(unit).toContain("ConditionPathExists=/var/lib/nixos-vps/unconfirmed");
        expect(unit).toContain("DefaultDependencies=false");
      }
      expect(units["vps-go-back.service"]).toMatch(/RequiresMountsFor=.*\/boot/);
    }
    const timers = evaluate("flake.nixosConfigurations.minimal.config.systemd.timers.vps-go-back.wantedBy");
    expect(timers).toEqual(["sysinit.target"]);
    const off = "flake.nixosConfigurations.minimal.extendModules { modules = [ { vps.goBack.enable = false; } ]; }";
    expect(evaluate(`(${off}).config.systemd.units ? "vps-go-back.timer"`)).toBe(false);
  });

  test("wait longer for the confirmation of a boot where the machine's own checks may take longer, as long as the steps reckon with", () => {
    const slow = `{ a = { command = "true"; limit = 180; timeout = 60; }; b = { command = "echo '\\"limit\\":9'"; limit = 100; }; }`;
    const config = `(flake.nixosConfigurations.minimal.extendModules { modules = [ { vps.health = ${slow}; } ]; }).config`;
    const { checks, waits } = evaluate(`{
      checks = ${config}.environment.etc."vps/health.json".text;
      waits = ${config}.systemd.timers.vps-go-back.timerConfig.OnActiveSec;
    }`) as { checks: string; waits: string };
    const seconds = secondsOf(checks);

    expect(seconds).toBeGreaterThan(180 + 60 + 100 + 10);
    expect(waits).toBe(`${BOOT_MINUTES}min ${seconds - 180}s`);
    const [minutes = 0, rest = 0] = waits.match(/\d+/g)?.map(Number) ?? [];
    expect(bootMinutes({ health: seconds })).toBe(minutes + Math.ceil(rest / 60));
  });

  test("mount no volume without the store before it was looked at, and one with the store at every boot", () => {
    const asserted = (host: string, unit: string): unknown =>
      evaluate(
        `let units = flake.nixosConfigurations.${host}.config.systemd.units; in if units ? "${unit}" then { inherit (units."${unit}") text overrideStrategy; } else null`,
      );
    const whenSeen = { text: LATE.looked, overrideStrategy: "asDropin" };
    expect(asserted("separate", "home.mount")).toEqual(whenSeen);
    expect(asserted("encrypted", "srv-media.mount")).toEqual(whenSeen);
    for (const unit of ["home.mount", "nix.mount"]) expect(asserted("devserver", unit)).toBeNull();
    expect(asserted("separate", "nix.mount")).toBeNull();
  });

  test("wait for the volume on which they work", () => {
    const units = only(systems["server"], "server").units;
    expect(units["var-lib-acme.mount"]).toContain("RequiresMountsFor=/home/.state/acme");
    expect(units["var-lib-acme.mount"]).toContain("Requires=vps-bind-var-lib-acme.service");
    expect(units["vps-backup.service"]).toContain("RequiresMountsFor=/home/postgresql/dump.sql.zst");
    expect(only(systems["devserver"], "devserver").units["vps-configuration-copy.service"]).toContain("RequiresMountsFor=/home/.nixos");
  });
});
