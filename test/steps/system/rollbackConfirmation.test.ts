// Making an activated earlier generation the one that boots, where that goes wrong half-way: the script on real files, with played systems.
import { readGenerations } from "../../../steps/system/generations";
import { parseResults } from "../../../steps/ssh/remote";
import { LiveMachine } from "../support/liveMachine";

/** A machine that runs `next` (generation 2) and is on its way back to `former` (generation 1). */
async function goingBack(): Promise<LiveMachine> {
  const machine = new LiveMachine();
  await machine.activate("next", "first");
  expect(await machine.step("confirm", machine.stage.path("next"), "first", "hash")).toMatchObject({ code: 0 });
  expect(machine.now()).toEqual({ runs: "next", profile: "next", menu: "next" });
  expect(await machine.activate("former")).toMatchObject({ code: 0, out: expect.stringContaining("code") as string });
  expect([machine.now().runs, machine.armed()]).toEqual(["former", true]);
  return machine;
}

const confirm = (machine: LiveMachine, ...token: string[]): ReturnType<LiveMachine["step"]> =>
  machine.step("confirmRollback", machine.stage.path("former"), "1", ...token);

test("a generation that is confirmed runs, boots and is noted, and nothing goes back", async () => {
  const machine = await goingBack();

  expect((await confirm(machine, "token")).out).toBe("confirmed yes\ngeneration 1\n");

  expect([machine.now(), machine.armed()]).toEqual([{ runs: "former", profile: "former", menu: "former" }, false]);
  expect(machine.written("rolled-back")).toMatch(/^1 \d+ former$/);
});

test("one whose boot menu cannot be written is not confirmed: the machine runs and boots at once what it did", async () => {
  const machine = await goingBack();
  machine.leaveNote("rolled-back", "3 1700000000 afterNext\n");
  machine.cannotBoot("former");

  const { code, out } = await confirm(machine, "token");

  expect([code, out]).toEqual([0, "confirmed no\nwhy it cannot be made the system that boots\n"]);
  expect([machine.now(), machine.armed()]).toEqual([{ runs: "next", profile: "next", menu: "next" }, false]);
  expect(machine.written("rolled-back")).toBe("3 1700000000 afterNext");
});

test("one that cannot be noted is not confirmed either, as the next rollback would go one generation too far", async () => {
  const machine = await goingBack();
  machine.stage.fake("mv", 'case "$*" in *rolled-back*) exit 1 ;; esac; exec /bin/mv "$@"');

  expect((await confirm(machine, "token")).out).toContain("confirmed no\n");

  expect(machine.now()).toEqual({ runs: "next", profile: "next", menu: "next" });
});

test("a confirmation that has begun comes to its end when the connection is lost", async () => {
  const machine = await goingBack();

  await machine.stepUnheard("confirmRollback", machine.stage.path("former"), "1", "token");

  expect([machine.now(), machine.armed()]).toEqual([{ runs: "former", profile: "former", menu: "former" }, false]);
  expect(machine.written("rolled-back")).toMatch(/^1 \d+ former$/);
});

test("going back comes to its end when the connection is lost, and a confirmation after it is none", async () => {
  const machine = await goingBack();

  await machine.stepUnheard("goBack", "token");

  expect([machine.now(), machine.armed()]).toEqual([{ runs: "next", profile: "next", menu: "next" }, false]);
  expect((await confirm(machine, "token")).out).toBe("confirmed no\n");
});

test("where going back cannot begin, the timer is still there to do it", async () => {
  const machine = await goingBack();
  machine.stage.fake("systemd-run", "exit 1");

  const { out } = await machine.step("goBack", "token");

  expect(out).toMatch(/^system .*former\nboots .*next\narmed yes\n$/);
  machine.timeOver();
  expect(machine.now().runs).toBe("next");
});

test("one that was booted is told as waiting until it is confirmed, which needs no further restart", async () => {
  const machine = new LiveMachine();
  for (const system of ["former", "next"]) machine.stage.write(`${system}/nixos-version`, "26.05");
  const waits = async (): Promise<unknown> => {
    const { code, out } = await machine.step("generations", "/dev/sda");
    const { all, unconfirmed } = readGenerations(parseResults(out));
    return { code, boots: all.filter((one) => one.active && one.boots).map((one) => one.number), unconfirmed };
  };
  expect(await waits()).toEqual({ code: 0, boots: [1], unconfirmed: false });
  await machine.bootNew("next", 2);
  machine.boot();
  expect(await waits()).toEqual({ code: 0, boots: [2], unconfirmed: true });

  expect((await machine.step("confirmRollback", machine.stage.path("next"), "2")).out).toBe("confirmed yes\ngeneration 2\n");

  expect(await waits()).toEqual({ code: 0, boots: [2], unconfirmed: false });
  expect([machine.goBack(), machine.boots()]).toEqual([0, "next"]);
});

test("one that was booted and cannot be confirmed keeps the note by which the machine goes back", async () => {
  const machine = new LiveMachine();
  await machine.bootNew("next");
  machine.boot();
  machine.cannotBoot("next");

  const { out } = await machine.step("confirmRollback", machine.stage.path("next"), "2");

  expect(out).toContain("confirmed no\n");
  expect(machine.noted()).toEqual(["former", "next"]);
});
