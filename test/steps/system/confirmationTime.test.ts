// How long a machine's own health checks may take, what that adds to the time until it goes back, and what a look says that comes to no end.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { bootMinutes, healthCallMs, ROLLBACK_SECONDS, rollbackSeconds } from "../../../steps/system/confirmationTime";
import { documents, type StepInput } from "../../../steps/documents";
import { openConnections } from "../../../steps/ssh/connections";
import { remoteScript } from "../../../steps/ssh/remote";
import { type Change, lookAnew } from "../../../steps/system/switchActive";
import { unwell } from "../../../steps/system/switchBoot";
import { testContext, type TestContext } from "../support/context";
import { connectionDocument, newKeyPair, sampleFacts } from "../support/samples";
import { temporaryFolders } from "../support/temporaryFolder";

const newFolder = temporaryFolders();

/** What a machine says that a system's checks may take. */
async function secondsOf(checks: object[] | undefined): Promise<number> {
  const system = newFolder();
  mkdirSync(join(system, "etc", "vps"), { recursive: true });
  if (checks) writeFileSync(join(system, "etc", "vps", "health.json"), JSON.stringify(checks));
  const shared = (await remoteScript("state")).split("\nscript() {\n")[0] ?? "";
  const { stdout, stderr } = spawnSync("bash", ["-s"], { input: `${shared}\nhealth_seconds '${system}'\n`, encoding: "utf8" });
  expect(stderr).toBe("");
  return Number(stdout);
}

test("a machine sums up the limits and timeouts of a system's own checks, whatever their commands say", async () => {
  expect(await secondsOf(undefined)).toBe(0);
  expect(await secondsOf([])).toBe(0);
  expect(
    await secondsOf([
      { command: "true", limit: 180, name: "a", timeout: 10 },
      { command: `echo '{"limit":500,"timeout":500}'`, limit: 0, name: "limit", timeout: 30 },
    ]),
  ).toBe(180 + 10 + 0 + 30 + 2 * 3);
});

test("whatever a system's checks may take, a look waits for them, and the machine goes back no sooner than all of them fit in", () => {
  fc.assert(
    fc.property(fc.nat({ max: 7_000 }), (health) => {
      expect(healthCallMs({ health }) / 1000).toBeGreaterThan(health);
      expect(rollbackSeconds({ health }) - health).toBeGreaterThanOrEqual(ROLLBACK_SECONDS - 180);
      expect(rollbackSeconds({ health })).toBeGreaterThanOrEqual(ROLLBACK_SECONDS);
      expect(bootMinutes({ health }) * 60 - health).toBeGreaterThanOrEqual(7 * 60);
    }),
  );
  expect([rollbackSeconds({ health: 180 }), bootMinutes({ health: 180 })]).toEqual([300, 10]);
});

describe("a look", () => {
  const factor = process.env.NIXOS_VPS_LIMIT_FACTOR;
  let context: TestContext;
  let change: Change;
  let limits: number[];

  beforeEach(async () => {
    process.env.NIXOS_VPS_LIMIT_FACTOR = "0.001";
    context = testContext(newFolder());
    const keys = { deploy: newKeyPair(), host: newKeyPair(), bootstrap: newKeyPair() };
    const facts = sampleFacts(keys.deploy.public);
    const input: StepInput<"switch"> = documents.switch.input.parse({ ...connectionDocument(keys), facts, flake: "nix" });
    const connections = await openConnections(input, context);
    const contact = {
      connection: connections.final,
      stage: "nixos" as const,
      bootId: "b",
      hostName: "devserver",
      system: "/nix/store/old",
    };
    const plan = { system: "/nix/store/new", reason: "r", boot: [], health: 240, called: "The new system", next: "" };
    change = { input, context, connections, contact, plan };
    limits = [];
  });
  afterEach(async () => {
    if (factor === undefined) delete process.env.NIXOS_VPS_LIMIT_FACTOR;
    else process.env.NIXOS_VPS_LIMIT_FACTOR = factor;
    await context.end();
  });

  /** What ssh comes to. */
  const sshEnds = (how: { code: number | null; timedOut: boolean; stderr?: string }): void => {
    jest.spyOn(context.children, "run").mockImplementation((_program, _args, { limitMs }) => {
      limits.push(limitMs);
      return Promise.resolve({ stdout: Buffer.alloc(0), stderr: "", ...how });
    });
  };

  test("that comes to no end is not told as a machine that takes no connection", async () => {
    sshEnds({ code: null, timedOut: true });

    const words = "it answers, but its health checks came to no end within 300 s";
    expect(await lookAnew(change)).toEqual({ reached: true, sick: [words] });
    expect(await unwell(change, { ...change.contact, system: "/nix/store/new" })).toBe(words);
    expect(new Set(limits)).toEqual(new Set([300_000]));
  });

  test("to which nobody answers is told with its port", async () => {
    sshEnds({ code: 255, timedOut: false, stderr: "Connection refused" });

    expect(await lookAnew(change)).toEqual({ reached: false, sick: ["no new connection to port 22: unreachable"] });
  });
});
