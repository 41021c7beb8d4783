// What the scripts of a restart leave to each other and to the machine (vps-go-back): run on real files, with played systems.
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { Machine } from "../support/playedMachine";

test("a boot that nobody confirms is undone by the machine", async () => {
  const machine = new Machine();
  expect(await machine.bootNew("next")).toMatchObject({ code: 0 });
  expect([machine.noted(), machine.boots()]).toEqual([["former", "next"], "next"]);
  machine.boot();

  expect(machine.goBack()).toBe(0);

  expect([machine.noted(), machine.boots()]).toEqual([undefined, "former"]);
  expect(machine.stage.calls()).toContain("systemctl reboot --no-block");
});

test("a boot that is confirmed is not undone", async () => {
  const machine = new Machine();
  await machine.bootNew("next");
  machine.boot();
  expect(await machine.step("confirmBoot", machine.stage.path("next"), "hash")).toMatchObject({ code: 0 });

  expect(machine.goBack()).toBe(0);

  expect([machine.noted(), machine.boots()]).toEqual([undefined, "next"]);
});

test.each([
  ["a switch", ["confirm", "token"]],
  ["a boot", ["confirmBoot"]],
])("%s that is confirmed lets the generations of former servers go, which were held until then", async (_what, [script = "", ...token]) => {
  const machine = new Machine();
  const former = machine.stage.path("nix/gcroots/nixos-vps-former");
  mkdirSync(former, { recursive: true });
  symlinkSync("/nix/store/aaa-nixos", `${former}/aaa-nixos`);
  await machine.bootNew("next");
  machine.boot();
  expect(existsSync(former)).toBe(true);

  expect(await machine.step(script, machine.stage.path("next"), ...token, "hash")).toMatchObject({ code: 0 });

  expect(existsSync(former)).toBe(false);
});

test.each([
  ["a switch", ["confirm", "token"]],
  ["a boot", ["confirmBoot"]],
])("%s that is confirmed ends the note that no take-over has looked at the volumes yet", async (_what, [script = "", ...token]) => {
  const machine = new Machine();
  const note = machine.stage.write("state/volumes-unchecked", "");
  await machine.bootNew("next");
  machine.boot();

  expect(await machine.step(script, machine.stage.path("next"), ...token, "hash")).toMatchObject({ code: 0 });

  expect(existsSync(note)).toBe(false);
});

test("a confirmation that comes after the machine has decided to go back is refused", async () => {
  const machine = new Machine();
  await machine.bootNew("next");
  machine.boot();
  machine.goBack();

  const late = await machine.step("confirmBoot", machine.stage.path("next"), "hash");

  expect([late.code, late.out]).toEqual([3, ""]);
  expect(late.err).toContain("about to go back");
  expect(existsSync(machine.stage.path("state/last-system"))).toBe(false);
});

test("a boot on top of one that nobody confirmed goes back to what was confirmed last", async () => {
  const machine = new Machine();
  await machine.bootNew("next");
  machine.boot();

  await machine.bootNew("afterNext");
  expect(machine.noted()).toEqual(["former", "afterNext"]);
  machine.boot();

  expect(await machine.step("bootFormer")).toMatchObject({ out: `boots ${machine.stage.path("former")}\n` });
  expect([machine.noted(), machine.boots()]).toEqual([undefined, "former"]);
});

test("a switch without a restart that is confirmed also confirms the boot before it", async () => {
  const machine = new Machine();
  await machine.bootNew("next");
  machine.boot();

  expect(await machine.step("confirm", machine.stage.path("afterNext"), "token", "hash")).toMatchObject({ code: 0 });

  expect([machine.noted(), machine.boots()]).toEqual([undefined, "afterNext"]);
  expect(machine.goBack()).toBe(0);
  expect(machine.boots()).toBe("afterNext");
});

describe("where GRUB boots an entry once", () => {
  const NEXT = "NixOS - All configurations>NixOS - Configuration 2 (2026-11-02 - 26.11)";

  test("the former system stays the default until the new one is confirmed", async () => {
    const machine = new Machine();
    machine.grub();
    expect((await machine.bootNew("next")).out).toContain("once yes\n");
    expect([machine.noted(), machine.boots(), machine.menu()]).toEqual([["former", "next"], "next", { once: NEXT, default: "former" }]);
    machine.restart("next");

    expect(await machine.step("confirmBoot", machine.stage.path("next"), "hash")).toMatchObject({ code: 0 });

    expect([machine.noted(), machine.menu()]).toEqual([undefined, { once: "", default: "next" }]);
  });

  test("a new system that did not come up is taken back without another restart", async () => {
    const machine = new Machine();
    machine.grub();
    await machine.bootNew("next");
    machine.restart("former");

    expect(await machine.step("bootFormer")).toMatchObject({ code: 0, out: `runs ${machine.stage.path("former")}\n` });

    expect([machine.noted(), machine.boots(), machine.menu()]).toEqual([undefined, "former", { once: "", default: "former" }]);
    expect(machine.stage.calls().join()).not.toContain("reboot --no-block");
  });

  test("when nobody comes to look, the machine does that by itself too", async () => {
    const machine = new Machine();
    machine.grub();
    await machine.bootNew("next");
    machine.restart("former");

    expect(machine.goBack()).toBe(0);

    expect([machine.noted(), machine.boots(), machine.menu()]).toEqual([undefined, "former", { once: "", default: "former" }]);
    expect(machine.stage.calls().join()).not.toContain("reboot --no-block");
  });

  test.each(["bootFormer", "goBack"] as const)("a boot that was ordered and did not take place yet is forgotten by %s", async (way) => {
    const machine = new Machine();
    machine.grub();
    await machine.bootNew("next");
    machine.restart("next");
    await machine.bootNew("afterNext");
    expect(machine.menu().once).toContain("Configuration 3");

    if (way === "goBack") machine.goBack();
    else await machine.step(way);

    expect([machine.noted(), machine.menu()]).toEqual([undefined, { once: "", default: "former" }]);
  });

  test("a switch without a restart that is confirmed also forgets a boot that was ordered", async () => {
    const machine = new Machine();
    machine.grub();
    await machine.bootNew("next");
    expect(await machine.step("confirm", machine.stage.path("afterNext"), "token", "hash")).toMatchObject({ code: 0 });
    expect(machine.menu()).toEqual({ once: "", default: "afterNext" });
  });

  test("an earlier generation is found by its number, and one with specialisations in its own submenu", async () => {
    const machine = new Machine();
    machine.grub();
    await machine.bootNew("afterNext", 3);
    expect(machine.menu().once).toBe(
      "NixOS - All configurations>NixOS - Configuration 3 (2026-11-03 - 26.11)>NixOS - Configuration 3 - Default (2026-11-03 - 26.11)",
    );
    await machine.bootNew("next", 2);
    expect([machine.noted(), machine.menu()]).toEqual([["former", "next"], { once: NEXT, default: "former" }]);
  });

  test("the way back to the confirmed system is booted by default", async () => {
    const machine = new Machine();
    machine.grub();
    await machine.bootNew("next");
    machine.restart("next");
    expect((await machine.bootNew("former")).out).not.toContain("once");
    expect(machine.menu()).toEqual({ once: "", default: "former" });
  });

  test("secrets of the initrd that cannot be had are refused before anything is changed", async () => {
    const machine = new Machine();
    machine.grub();
    machine.stage.write("next/append-initrd-secrets", "#!/bin/sh\nexit 1\n", 0o755);
    const refused = await machine.bootNew("next");
    expect([refused.code, refused.err]).toEqual([3, expect.stringContaining("boot.initrd.secrets")]);
    expect([machine.noted(), machine.boots(), machine.menu()]).toEqual([undefined, "former", { once: "", default: undefined }]);
  });
});

test.each([
  ["a menu that does not show the generation", "hidden", "vfat", "/dev/disk/by-partlabel/disk-main-esp"],
  ["a pool, where GRUB could not forget it", "next", "zfs", "rpool/boot"],
  ["a logical volume, where GRUB could not forget it", "next", "ext4", "/dev/mapper/vg-boot"],
])("a new system is booted by default where it cannot be once: %s", async (_, system, fileSystem, device) => {
  const machine = new Machine();
  machine.grub(fileSystem, device);
  expect((await machine.bootNew(system)).out).toBe(`boots ${machine.stage.path(system)}\n`);
  expect([machine.noted(), machine.menu()]).toEqual([["former", system], { once: "", default: system }]);
});
