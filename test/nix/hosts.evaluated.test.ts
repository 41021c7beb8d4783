// Every host on both architectures, and what the finished systems let in, run and keep.
import { spawnSync } from "node:child_process";
import { describeEvaluated, evaluate } from "./support/evaluation";
import { testWith } from "./support/programs";
import { only, rendered, type Rendered } from "./support/rendered";

jest.setTimeout(1_800_000);

describeEvaluated("every host", () => {
  const names = evaluate("lib.attrNames flake.nixosConfigurations") as string[];
  const hosts = ["minimal", "devserver", "openclaw", "server"];

  test("is there for both architectures, and every layout has an example", () => {
    const systems = evaluate("lib.mapAttrs (_: facts: [ facts.host facts.system ]) flake.lib.examples") as Record<string, [string, string]>;
    expect(Object.keys(systems).sort()).toEqual([...names].sort());
    for (const host of hosts)
      for (const system of ["x86_64-linux", "aarch64-linux"]) expect(Object.values(systems)).toContainEqual([host, system]);
  });

  // A few at a time: each takes about 600 MB.
  const batches = Array.from({ length: Math.ceil(names.length / 4) }, (_, i) => names.slice(i * 4, i * 4 + 4));
  test.each(batches.map((batch) => ({ batch: batch.join(", "), list: batch.map((name) => JSON.stringify(name)).join(" ") })))(
    "evaluates without a warning: $batch",
    ({ list }) => {
      const result = evaluate(
        `lib.genAttrs [ ${list} ] (name: let inherit (flake.nixosConfigurations.\${name}) config; in {
           system = builtins.unsafeDiscardStringContext config.system.build.toplevel.drvPath;
           disko = builtins.unsafeDiscardStringContext config.system.build.diskoScript.drvPath;
           inherit (config) warnings;
         })`,
      ) as Record<string, { system: string; disko: string; warnings: string[] }>;
      for (const { system, disko, warnings } of Object.values(result)) {
        expect(system).toMatch(/-nixos-system-.*\.drv$/);
        expect(disko).toMatch(/\.drv$/);
        expect(warnings).toEqual([]);
      }
    },
  );
});

describeEvaluated("the finished systems", () => {
  let systems: Record<string, Rendered>;
  beforeAll(() => {
    systems = rendered();
  });
  const system = (name: string): Rendered => only(systems[name], `system ${name}`);

  test("open the ports that their services ask for, and no other", () => {
    expect(system("minimal").ports).toEqual({ tcp: [2222], udp: [] });
    expect(system("devserver").ports).toEqual({ tcp: [2222], udp: [] });
    expect(system("openclaw-x86").ports).toEqual({ tcp: [443, 2222], udp: [] });
    expect(system("server").ports).toEqual({ tcp: [80, 443, 2222], udp: [] });
  });

  test("let people in by key alone, on the port and with the host key of the facts", () => {
    for (const { ssh, facts, users } of Object.values(systems)) {
      expect(ssh.ports).toEqual([facts.ssh.port]);
      expect(ssh.hostKeys).toEqual([facts.ssh.hostKey]);
      expect(ssh.settings).toMatchObject({
        PasswordAuthentication: false,
        KbdInteractiveAuthentication: false,
        PermitRootLogin: "prohibit-password",
        AllowUsers: ["root", facts.admin.name],
      });
      expect(ssh.authorizedKeysFiles).toEqual(["/etc/ssh/authorized_keys.d/%u"]);
      expect(users["root"]?.keys).toEqual([facts.ssh.deployKey]);
      expect(users[facts.admin.name]).toMatchObject({ uid: facts.admin.uid, keys: facts.admin.keys });
      expect(users[facts.admin.name]?.extraGroups).toContain("wheel");
    }
  });

  test("run OpenClaw as a user of its own, whose services run while nobody is logged in", () => {
    expect(system("openclaw-x86").users["openclaw"]).toMatchObject({
      uid: 1100,
      home: "/home/openclaw",
      keys: [],
      extraGroups: [],
      linger: true,
    });
    expect(system("openclaw-x86").backup).toContain("/home/openclaw/.openclaw");
  });

  test("have a health check for each service", () => {
    expect(Object.keys(system("server").health)).toEqual(
      expect.arrayContaining(["ssh", "web", "postgresql", "prometheus", "grafana", "node-exporter", "volume-home", "boot-space"]),
    );
  });

  testWith(["nft"], "have firewall tables that nft accepts", () => {
    for (const { nftables } of Object.values(systems)) {
      expect(Object.keys(nftables)).not.toEqual([]);
      for (const table of Object.values(nftables)) {
        const run = spawnSync("nft", ["-c", "-f", "-"], { input: table, encoding: "utf8" });
        expect([run.status, run.stderr]).toEqual([0, ""]);
      }
    }
  });
});
