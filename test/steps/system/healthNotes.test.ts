// Which failed units are a change's fault, when the changes before it were never confirmed: the scripts on real files, with played systems.
import { readlinkSync } from "node:fs";
import { LiveMachine } from "../support/liveMachine";

const illness = async (machine: LiveMachine): Promise<string[]> =>
  (await machine.step("health")).out.split("\n").filter((line) => /^sick .*\.service/.test(line));

test("a unit that had failed before a change is not its fault, one that fails with it is", async () => {
  const machine = new LiveMachine();
  machine.fails("old.service");
  await machine.activate("next");
  machine.fails("old.service", "new.service");

  expect(await illness(machine)).toEqual(["sick new.service failed"]);
});

test("a unit that an unconfirmed boot has broken still counts after a switch on top of it", async () => {
  const machine = new LiveMachine();
  await machine.bootNew("next");
  machine.boot();
  machine.fails("broken.service");

  await machine.activate("afterNext");

  expect(await illness(machine)).toEqual(["sick broken.service failed"]);
});

test.each(["activate", "bootNew"] as const)(
  "one that an unconfirmed switch has broken still counts after a further %s",
  async (further) => {
    const machine = new LiveMachine();
    await machine.activate("next", "first");
    machine.fails("broken.service");

    await (further === "activate" ? machine.activate("afterNext") : machine.bootNew("afterNext"));

    expect(await illness(machine)).toEqual(["sick broken.service failed"]);
  },
);

test("a switch on top of an unconfirmed boot goes back to what was booted, and the system before that is still held", async () => {
  const machine = new LiveMachine();
  await machine.bootNew("next");
  machine.boot();
  await machine.activate("afterNext", "first");
  await machine.activate("afterNext", "second");

  machine.timeOver("second");

  expect(machine.now().runs).toBe("next");
  expect(readlinkSync(machine.stage.path("nix/gcroots/nixos-vps-before-boot"))).toBe(machine.stage.path("former"));
  expect(machine.noted()).toEqual(["former", "next"]);
});

test.each(["nixos-vps-rollback", "nixos-vps-going-back"])("nothing is activated while %s takes the machine back", async (unit) => {
  const machine = new LiveMachine();
  machine.stage.fake("systemctl", `[ "$*" = "is-active --quiet ${unit}.service" ]`);

  const { code, err } = await machine.activate("next");

  expect([code, err]).toEqual([3, expect.stringContaining("just going back")]);
  expect([machine.now().runs, machine.stage.calls().join()]).toEqual(["former", expect.not.stringContaining("stop")]);
});
