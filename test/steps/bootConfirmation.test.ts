// What the scripts of a restart leave to each other and to the machine (vps-go-back): run on real files, with played systems.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { remoteScript } from "../../steps/ssh/remote";
import { Stage } from "../nix/support/script";

const link = (target: string, path: string): void => {
  rmSync(path, { force: true });
  symlinkSync(target, path);
};

/** A machine that runs the confirmed system `former`. */
class Machine {
  readonly stage = new Stage();
  readonly note = this.stage.path("state/unconfirmed");

  constructor() {
    for (const folder of ["nix/profiles", "run", "place"]) mkdirSync(this.stage.path(folder), { recursive: true });
    for (const system of ["former", "next", "afterNext"]) this.stage.system(system);
    link(this.stage.path("former"), this.stage.path("nix/profiles/system"));
    this.boot();
    this.stage.fake("nix-env", `ln -sfn "$4" "$2"`);
    this.stage.fake("systemctl");
  }

  /** The default system is what runs now. */
  boot(): void {
    for (const name of ["booted-system", "current-system"]) link(this.stage.path(this.boots()), this.stage.path("run", name));
  }

  boots(): string {
    return readlinkSync(this.stage.path("nix/profiles/system")).replace(`${this.stage.folder}/`, "");
  }

  noted(): string[] | undefined {
    if (!existsSync(this.note)) return undefined;
    return readFileSync(this.note, "utf8").replaceAll(`${this.stage.folder}/`, "").trim().split("\n");
  }

  /** A step's script as it is sent, with this machine's folders in the place of the real ones. */
  async step(name: string, ...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
    const text = (await remoteScript(name))
      .replaceAll("/nix/var/nix", this.stage.path("nix"))
      .replaceAll("/var/lib/nixos-vps", this.stage.path("state"))
      .replaceAll("/run/nixos-vps", this.stage.path("run/nixos-vps"))
      .replaceAll("/run/current-system", this.stage.path("run/current-system"));
    const run = spawnSync("bash", ["-s", "--", ...args], {
      input: text,
      encoding: "utf8",
      env: {
        PATH: `${this.stage.path("bin")}:${process.env["PATH"] ?? ""}`,
        NEXT: this.stage.path("no-flake"),
        PLACE: this.stage.path("place"),
      },
    });
    return { code: run.status, out: run.stdout, err: run.stderr };
  }

  bootNew(system: string): ReturnType<Machine["step"]> {
    return this.step("bootNew", this.stage.path(system));
  }

  /** What the timer runs when it is time. */
  goBack(): number | null {
    // The shutdown that it asks for ends it.
    this.stage.fake("systemctl", "kill -TERM $PPID");
    const env = { VPS_PROFILES: this.stage.path("nix/profiles"), VPS_RUNNING: this.stage.path("run"), VPS_STATE: this.stage.path("state") };
    return this.stage.run("vps-go-back", [], env).code;
  }
}

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
