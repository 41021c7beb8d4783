// A machine on real files that activates systems while it runs, for the scripts of a switch or a rollback without a restart. Its systems, its
// timer and its boot menu are played.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { remoteScript } from "../../../steps/ssh/remote";
import { Machine } from "./playedMachine";

/** What a script said; `code` is null when it was ended by a signal. */
export interface Said {
  code: number | null;
  out: string;
  err: string;
}

/** A machine that runs and boots the confirmed system `former`, and has `next` and `afterNext` too. */
export class LiveMachine extends Machine {
  constructor() {
    super();
    for (const name of ["former", "next", "afterNext"]) {
      // It says something before it works, as the real one does.
      const script = `echo "${name} $1" >&2
echo "${name} $*" >>"${this.stage.path(".calls")}"
case $1 in
test) ln -sfn "${this.stage.path(name)}" "${this.stage.path("run/current-system")}" ;;
boot)
  [ ! -e "${this.stage.path("no-boot", name)}" ] || exit 1
  echo ${name} >"${this.stage.path("menu")}"
  ;;
esac`;
      this.stage.write(`${name}/bin/switch-to-configuration`, `#!/bin/sh\nset -e\n${script}\n`, 0o755);
    }
    this.stage.write("menu", "former\n");
    const timer = this.stage.path("timer");
    this.stage.fake(
      "systemctl",
      `case "$*" in
"is-active --quiet nixos-vps-rollback.timer") [ -e "${timer}" ] ;;
is-active*) exit 3 ;;
"stop nixos-vps-rollback.timer") rm -f "${timer}" ;;
"list-units --failed"*) cat "${this.stage.path("failed")}" 2>/dev/null || : ;;
esac`,
    );
    this.stage.fake(
      "systemd-run",
      `case " $* " in *" --on-active="*) : >"${timer}"; exit ;; esac
while [ "$1" != -- ]; do shift; done
shift
exec "$@" </dev/null >/dev/null 2>&1`,
    );
  }

  /** Activates a system, with the way back armed. */
  activate(system: string, token = "token"): Promise<Said> {
    return this.step("activate", this.stage.path(system), token, "300");
  }

  /** From now on a system's boot menu cannot be written, as with a full /boot. */
  cannotBoot(...systems: string[]): void {
    for (const system of systems) this.stage.write(`no-boot/${system}`, "");
  }

  canBoot(system: string): void {
    rmSync(this.stage.path("no-boot", system));
  }

  /** What runs now, what the profile names, and what the boot menu's default is. */
  now(): { runs: string; profile: string; menu: string } {
    return {
      runs: realpathSync(this.stage.path("run/current-system")).split("/").pop() ?? "",
      profile: this.boots(),
      menu: readFileSync(this.stage.path("menu"), "utf8").trim(),
    };
  }

  /** Whether it goes back by itself after a while. */
  armed(): boolean {
    return existsSync(this.stage.path("timer"));
  }

  /** The time for the confirmation is over. */
  timeOver(token = "token"): void {
    rmSync(this.stage.path("timer"), { force: true });
    spawnSync("sh", [this.stage.path("run/nixos-vps", `rollback-${token}`)]);
  }

  /** Units that have failed. */
  fails(...units: string[]): void {
    writeFileSync(this.stage.path("failed"), units.map((unit) => `${unit} loaded failed failed x\n`).join(""));
  }

  /** A step's script whose operator is gone: nobody reads what it says, and who writes it is ended. */
  async stepUnheard(name: string, ...args: string[]): Promise<void> {
    const pipe = this.stage.path("unheard");
    spawnSync("mkfifo", [pipe]);
    const closed = 'exec 3<>"$PIPE" 4>"$PIPE" 3>&-; exec bash -s -- "$@" >&4 2>&4 4>&-';
    const { error } = spawnSync("bash", ["-c", closed, "bash", ...args], {
      input: this.inPlace(await remoteScript(name)),
      env: { ...this.environment(), PIPE: pipe },
    });
    if (error) throw error;
    rmSync(pipe);
  }

  /** A note of the steps below /var/lib/nixos-vps; undefined when there is none. */
  written(name: string): string | undefined {
    const file = this.stage.path("state", name);
    return existsSync(file)
      ? readFileSync(file, "utf8")
          .replaceAll(`${realpathSync(this.stage.folder)}/`, "")
          .trim()
      : undefined;
  }

  /** Leaves such a note. */
  leaveNote(name: string, text: string): void {
    mkdirSync(this.stage.path("state"), { recursive: true });
    writeFileSync(this.stage.path("state", name), text);
  }
}
