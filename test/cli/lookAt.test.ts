// The commands that only look: status, ssh, switch --dry, test-persistence.
import { mkdirSync, writeFileSync } from "node:fs";
import { flakeHash, systemHash } from "../../steps/system/flakeFolder";
import type { Facts } from "../../steps/facts";
import { Desk, VERSION, machineResource, stepResource } from "./support/desk";

let desk: Desk;
const system = (number: number): string => `/nix/store/${number}-devserver`;

beforeEach(() => {
  desk = new Desk();
  mkdirSync(desk.path("nix"));
  writeFileSync(desk.path("nix", "flake.nix"), "{ outputs = _: { }; }\n");
});
afterEach(() => desk.end());

describe("status", () => {
  const disks = ["disk / 40000000000 30000000000", "disk /home 10000000000 2500000000"];
  const well = [
    "host devserver",
    `active ${system(6)}`,
    `default ${system(6)}`,
    "generation 6",
    `last ${system(6)}`,
    `lastFlake ${VERSION}`,
    "rolledBack ",
    "running running",
    ...disks,
  ];

  test("says server, generation, free space, and that nix/ has changed since", async () => {
    desk.answers("status", well);

    const { code, stdout } = await desk.vps("status");

    expect(code).toBe(0);
    expect(stdout).toMatch(/^devserver: server devserver-4f2a \(7\), unknown \(no answer\) at Hetzner, 198\.18\.0\.1\n/);
    expect(stdout).toContain("runs what pulumi up made (generation 6 boots); running");
    expect(stdout).toContain("/home: 2.5 GB of 10.0 GB free (volume 1)");
    expect(stdout).toContain("nix/ has changed since");
  });

  test("takes nix/ and facts that are as recorded for that, before and after a rollback", async () => {
    desk.answers("status", well);
    const document = desk.document() as { facts: Facts };
    const hash = systemHash(flakeHash(desk.path("nix")), document.facts);
    for (const version of [hash, `rolled back to generation 5 on 2026-01-01 00:00 UTC; was ${hash}`]) {
      desk.writeState([machineResource("devserver"), stepResource("devserver", document, version)]);
      const { machines } = JSON.parse((await desk.vps("status", "devserver", "--json")).stdout) as { machines: object[] };
      expect(machines).toMatchObject([{ program: "as recorded", state: version === hash ? "switched" : "rolled back" }]);
    }
  });

  test.each([
    [
      "a rollback",
      [`active ${system(5)}`, `default ${system(5)}`, `last ${system(6)}`, `rolledBack 5 1700000100 ${system(5)}`],
      "an earlier generation",
    ],
    ["a system that somebody else made", [`active ${system(9)}`, `default ${system(9)}`, `last ${system(6)}`], "another system"],
    ["a switch that waits", [`active ${system(9)}`, `default ${system(6)}`, `last ${system(6)}`, "armed yes"], "an unconfirmed system"],
  ])("names %s", async (_what, lines, runs) => {
    desk.answers("status", lines);

    expect(JSON.parse((await desk.vps("status", "--json")).stdout)).toMatchObject({ machines: [{ inside: { runs } }] });
  });

  test("a machine that does not answer is told and makes the exit code 1; a volume that is not mounted is told loudly", async () => {
    expect(await desk.vps("status")).toMatchObject({ code: 1, stdout: expect.stringContaining("does not answer over ssh") as string });

    desk.answers("status", [...well.filter((line) => !line.includes("/home")), "missing /home"]);
    expect((await desk.vps("status")).stdout).toContain("/home: NOTHING IS MOUNTED THERE");
  });
});

describe("switch --dry", () => {
  test("says packages, units and whether a restart is needed, from what the machine built", async () => {
    desk.answers("dryRun", [
      `new ${system(7)}`,
      `active ${system(6)}`,
      "boot kernel",
      "gone linux-6.18.44",
      "gone nginx-1.28.0",
      "gone etc",
      "come linux-6.19.1",
      "come jq-1.8",
      "come etc",
      "unit would stop the following units: nginx.service",
      "unit would restart the following units: sshd.service, web.service",
      "unit would activate the configuration...",
    ]);

    const { code, stdout } = await desk.vps("switch", "devserver", "--dry");

    expect(code).toBe(0);
    expect(stdout).toContain("Packages:\n  + jq 1.8\n    linux 6.18.44 -> 6.19.1\n  - nginx 1.28.0\n  1 of the same name, made anew");
    expect(stdout).toContain("Units that would stop:\n  nginx.service\nUnits that would restart:\n  sshd.service\n  web.service");
    expect(stdout).toContain("The machine would be restarted, for:\n  kernel");
    expect(desk.version()).toBe(VERSION);
  });

  test("says that nothing would change", async () => {
    desk.answers("dryRun", [`new ${system(6)}`, `active ${system(6)}`]);

    expect((await desk.vps("switch", "devserver", "--dry")).stdout).toMatch(/runs this system already: nothing would change/);
  });
});

describe("test-persistence", () => {
  const generations = [`current 6`, `active ${system(6)}`, "boot b", `last ${system(6)}`, `lastFlake ${VERSION}`];
  const two = [5, 6].flatMap((number) => [`generation ${number} ${system(number)}`, `date ${number} 0`, `version ${number} 26.05`]);

  beforeEach(() => {
    desk.answers("persistence", ["told /home ok    same volume", "told /home ok    1200 store paths (1200 before)"]);
    desk.answers("generations", [...generations, ...two]);
    desk.answers("activate", ["code 0"]);
    desk.answers("health", [`system ${system(5)}`]);
    desk.answers("goBack", [`system ${system(6)}`]);
  });

  test("marks, goes back a generation and returns without confirming it, compares, cleans up, and leaves the state alone", async () => {
    const { code, stdout } = await desk.vps("test-persistence", "devserver", "--json");

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, rollback: { generation: 5 } });
    expect(desk.order()).toEqual([
      "persistence",
      "generations",
      "activate",
      "health",
      "persistence",
      "goBack",
      "persistence",
      "persistence",
    ]);
    expect(desk.version()).toBe(VERSION);
  });

  test("what is lost makes it fail; where there is nothing to go back to, the rest is tested all the same", async () => {
    desk.answers("generations", [...generations, `generation 6 ${system(6)}`, "date 6 0", "version 6 26.05"]);
    expect(await desk.vps("test-persistence", "devserver")).toMatchObject({ code: 0, stdout: expect.stringContaining("skip") as string });

    desk.answers("persistence", ["told /home FAIL  another volume: 1 before, 2 now", "failed /home"]);
    expect(await desk.vps("test-persistence", "devserver")).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("FAIL  /home: another volume") as string,
    });
  });
});

test("ssh ends with the command's own exit code, and pins the host key", async () => {
  desk.sshRuns(
    '[ "$1" = -F ] && grep -q "StrictHostKeyChecking yes" "$2" && grep -q "KnownHostsCommand" "$2" && shift 2 && echo "$@" && exit 7',
  );

  expect(await desk.vps("ssh", "devserver", "--", "uname", "-a")).toMatchObject({ code: 7, stdout: "devserver uname -a\n" });
});
