// Making an activated system the one that boots, where that goes wrong half-way: the script on real files, with played systems.
import { LiveMachine } from "../support/liveMachine";

const FORMER = { runs: "former", profile: "former", menu: "former" };
const confirm = (machine: LiveMachine): ReturnType<LiveMachine["step"]> =>
  machine.step("confirm", machine.stage.path("next"), "token", "hash");

/** GRUB's block, which cannot be written from now on. */
function blockThatCannotBeWritten(machine: LiveMachine): void {
  machine.stage.write("boot/grub/grubenv", "");
  machine.stage.fake("grub-editenv", "exit 1");
}

test("where the confirmation fails after the boot menu was written, menu, profile and running system are the former again", async () => {
  const machine = new LiveMachine();
  await machine.activate("next");
  blockThatCannotBeWritten(machine);

  const { code, out } = await confirm(machine);

  expect([code, out]).toEqual([0, "confirmed no\nwhy it cannot be made the system that boots\n"]);
  expect(machine.stage.calls()).toContain("next boot");
  expect([machine.now(), machine.armed(), machine.noted()]).toEqual([FORMER, false, undefined]);
});

test("where the menu cannot be written back either, a boot into the unconfirmed system is taken back by the machine", async () => {
  const machine = new LiveMachine();
  await machine.activate("next");
  blockThatCannotBeWritten(machine);
  machine.cannotBoot("former");

  expect((await confirm(machine)).out).toContain("confirmed no\n");

  expect(machine.now()).toEqual({ runs: "former", profile: "former", menu: "next" });
  expect(machine.noted()).toEqual(["former", "next"]);

  // The menu's default is booted; the boot partition can be written by now.
  machine.boot("next");
  machine.canBoot("former");
  machine.goBack();
  expect([machine.boots(), machine.now().menu, machine.noted()]).toEqual(["former", "former", undefined]);
});

test("a machine that was switched since its boot, and that the note is left on, gets its boot menu back without a restart", async () => {
  const machine = new LiveMachine();
  await machine.activate("afterNext", "first");
  expect((await machine.step("confirm", machine.stage.path("afterNext"), "first", "hash")).out).toContain("confirmed yes\n");
  await machine.activate("next");
  blockThatCannotBeWritten(machine);
  machine.cannotBoot("afterNext");
  expect((await confirm(machine)).out).toContain("confirmed no\n");
  expect([machine.now(), machine.noted()]).toEqual([{ runs: "afterNext", profile: "afterNext", menu: "next" }, ["afterNext", "next"]]);

  // A later switch starts the timer; the boot partition can be written by then.
  machine.canBoot("afterNext");
  expect(machine.goBack()).toBe(0);

  expect([machine.now(), machine.noted()]).toEqual([{ runs: "afterNext", profile: "afterNext", menu: "afterNext" }, undefined]);
  expect(machine.stage.calls().join()).not.toContain("reboot");
});

test("a confirmation that has begun comes to its end when the connection is lost", async () => {
  const machine = new LiveMachine();
  await machine.activate("next");

  await machine.stepUnheard("confirm", machine.stage.path("next"), "token", "hash");

  expect([machine.now(), machine.armed()]).toEqual([{ runs: "next", profile: "next", menu: "next" }, false]);
  expect(machine.written("last-system")).toBe("next hash");
});

test("one that the connection is lost in and that fails takes the way back all the same", async () => {
  const machine = new LiveMachine();
  await machine.activate("next");
  machine.cannotBoot("next");

  await machine.stepUnheard("confirm", machine.stage.path("next"), "token", "hash");

  expect([machine.now(), machine.armed()]).toEqual([FORMER, false]);
});
