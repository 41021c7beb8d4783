import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { type Life, live, type Phase, PHASES, sideBySide, type Surroundings, tornIn } from "../../bench/terraform/life";
import { Journal } from "../../emulator/src/journal";
import { CHECKOUT } from "../../toolchain/checkout";
import { findExecutable } from "../../toolchain/situation";

/** A life whose numbers can be told apart: every phase has ten times the one before. */
function lifeOf(unit: number, torn: Partial<Record<Phase, number>> = {}): Life {
  const lived = (phase: Phase): Life[Phase] => {
    const all = unit * 10 ** PHASES.indexOf(phase);
    return { seconds: all, unserved: all / 2, requests: all, torn: torn[phase] ?? 0, parts: [] };
  };
  return {
    create: lived("create"),
    update: lived("update"),
    recreate: lived("recreate"),
    destroy: lived("destroy"),
    again: lived("again"),
  };
}

test("both lives are told side by side: each phase by its own numbers, and the volumes torn as a goal of ours alone", () => {
  const values = sideBySide(lifeOf(1), lifeOf(2, { recreate: 1, destroy: 1 }));

  const told = Object.fromEntries(values.map(({ key, value }) => [key, value]));
  expect(told).toMatchObject({
    ...{ peerUnservedOurs: 50, peerUnservedTerraform: 100, peerRequestsOurs: 100, peerRequestsTerraform: 200 },
    ...{ peerUpdateUnservedOurs: 5, peerUpdateRequestsTerraform: 20, peerDestroyRequestsOurs: 1000, peerAgainSecondsTerraform: 20_000 },
    ...{ peerRequestsInAllOurs: 11_111, peerVolumesTornOurs: 0, peerVolumesTornTerraform: 2 },
  });
  expect(Object.keys(told)).toHaveLength(values.length);
  expect(values.filter(({ goal }) => goal !== undefined)).toEqual([{ key: "peerVolumesTornOurs", value: 0, unit: "volumes", goal: 0 }]);
});

test("the phases in which volumes were torn away are named", () => {
  expect(tornIn(lifeOf(1, { recreate: 1, destroy: 1 }))).toBe("recreate and destroy");
  expect(tornIn(lifeOf(1))).toBe("");
});

test("a phase has the time, the requests and the torn volumes of its own, and ends when the machine is served", async () => {
  let now = 0;
  const requests: number[] = [];
  const journal = new Journal(() => now);
  let served = false;
  const surroundings: Surroundings = {
    cloud: { clock: { now: () => now }, journal, unserved: () => 4_000, isServed: () => served },
    events: { mark: () => requests.length, requestsSince: (mark) => requests.slice(mark).map(String) },
  };
  const leave = (seconds: number, calls: number) => () => {
    served = false;
    now += seconds * 1000;
    for (let n = 0; n < calls; n++) requests.push(n);
    return Promise.resolve();
  };
  const arrive = (seconds: number, calls: number) => () => {
    setImmediate(() => {
      now += 1000;
      served = true;
    });
    return leave(seconds, calls)();
  };
  const tear = () => {
    for (const text of ["volume 7 detached while mounted at /home", "volume 7 detached while mounted at /nix"])
      journal.add({ kind: "violation", text });
    return arrive(10, 3)();
  };

  const life = await live(
    surroundings,
    {
      name: "x",
      machine: "m",
      lead: { create: arrive(5, 2), update: arrive(1, 1), recreate: tear, destroy: leave(7, 4), again: arrive(6, 2) },
    },
    () => undefined,
  );

  expect(PHASES.map((phase) => [life[phase].seconds, life[phase].requests, life[phase].torn])).toEqual([
    [6, 2, 0],
    [2, 1, 0],
    [11, 3, 1],
    [7, 4, 0], // nothing is served after it, so nothing is waited for
    [7, 2, 0],
  ]);
});

test("what Terraform is given is in Terraform's own format", () => {
  if (findExecutable("terraform", process.env) === undefined) {
    console.warn("SKIPPED: there is no `terraform` on PATH to look at bench/terraform/main.tf");
    return;
  }
  const told = spawnSync("terraform", ["fmt", "-check", "-diff", join(CHECKOUT, "bench/terraform/main.tf")], { encoding: "utf8" });

  expect([told.status, told.stdout]).toEqual([0, ""]);
});
