// A machine on real files, whose systems, boot menu and restarts are played, for the scripts of a restart.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { remoteScript } from "../../../steps/ssh/remote";
import { Stage } from "../../nix/support/script";

const link = (target: string, path: string): void => {
  rmSync(path, { force: true });
  symlinkSync(target, path);
};

/** As install-grub.pl writes it. The third generation has a specialisation; the fourth is not shown, but one of another profile is. */
const MENU = `  function savedefault {
  }
menuentry "NixOS" --class nixos --unrestricted {
}
submenu "NixOS - All configurations" --class submenu {
submenu "NixOS - Configuration 3 (2026-11-03 - 26.11)" --class submenu {
menuentry "NixOS - Configuration 3 - Default (2026-11-03 - 26.11)" --class nixos {
}
menuentry "NixOS - Configuration 3 - (trial - 2026-11-03 - 26.11)"  {
}
}
menuentry "NixOS - Configuration 21 (2026-11-02 - 26.11)" --class nixos {
}
menuentry "NixOS - Configuration 2 (2026-11-02 - 26.11)" --class nixos {
}
menuentry "NixOS - Configuration 1 (2026-11-01 - 26.11)" --class nixos {
}
}
submenu "NixOS - Profile 'other'" --class submenu {
menuentry "NixOS - Configuration 4 (2026-11-04 - 26.11)" --class nixos {
}
}
`;
const GENERATIONS = { former: 1, next: 2, afterNext: 3, hidden: 4 };

/** A machine that runs the confirmed system `former`. */
export class Machine {
  readonly stage = new Stage();
  readonly note = this.stage.path("state/unconfirmed");

  constructor() {
    for (const folder of ["nix/profiles", "run", "place"]) mkdirSync(this.stage.path(folder), { recursive: true });
    for (const [system, number] of Object.entries(GENERATIONS)) {
      this.stage.system(system);
      link(this.stage.path(system), this.stage.path(`nix/profiles/system-${number}-link`));
    }
    link("system-1-link", this.stage.path("nix/profiles/system"));
    this.boot();
    // `--set SYSTEM` here means the generation that is of it already.
    const number = `case $4 in ${Object.entries(GENERATIONS)
      .map(([system, generation]) => `*/${system}) number=${generation} ;;`)
      .join(" ")} *) number=$4 ;; esac`;
    this.stage.fake("nix-env", `${number}; ln -sfn "system-$number-link" "$2"`);
    this.stage.fake("systemctl");
  }

  /** A system is booted; by default the one that the profile names. */
  boot(system = this.boots()): void {
    for (const name of ["booted-system", "current-system"]) link(this.stage.path(system), this.stage.path("run", name));
  }

  boots(): string {
    return this.short(realpathSync(this.stage.path("nix/profiles/system")));
  }

  /** GRUB, on a boot partition of this type. */
  grub(fileSystem = "vfat", device = "/dev/disk/by-partlabel/disk-main-esp"): void {
    this.stage.write("boot/grub/grub.cfg", MENU);
    this.stage.fake("grub-reboot", `echo "$1" >"${this.stage.path("boot/grub/grubenv")}"`);
    for (const system of Object.keys(GENERATIONS)) {
      this.stage.write(
        `${system}/etc/fstab`,
        `/dev/disk/by-partlabel/disk-main-root / ext4 noatime 0 1\n${device} /boot ${fileSystem} umask=0077 0 2\n`,
      );
      const editor = `#!/bin/sh\n[ "$2 $3" = "unset next_entry" ] && : >"$1"\n`;
      this.stage.write(`${system}/sw/bin/grub-editenv`, editor, 0o755);
      this.stage.write("bin/grub-editenv", editor, 0o755);
    }
  }

  /** What GRUB boots next: an entry once, or the default, which is the system that wrote the menu last. */
  menu(): { once: string; default: string | undefined } {
    const block = this.stage.path("boot/grub/grubenv");
    return {
      once: existsSync(block) ? readFileSync(block, "utf8").trim() : "",
      default: this.stage
        .calls()
        .findLast((call) => call.endsWith(" boot"))
        ?.split(" ")[0],
    };
  }

  /** GRUB forgets what it boots once; then the kernel starts, or it panics and GRUB takes the default. */
  restart(comesUp: "next" | "former" | "afterNext"): void {
    writeFileSync(this.stage.path("boot/grub/grubenv"), "");
    this.boot(comesUp);
  }

  private short(text: string): string {
    return text.replaceAll(`${realpathSync(this.stage.folder)}/`, "").replaceAll(`${this.stage.folder}/`, "");
  }

  noted(): string[] | undefined {
    if (!existsSync(this.note)) return undefined;
    return readFileSync(this.note, "utf8").replaceAll(`${this.stage.folder}/`, "").trim().split("\n");
  }

  /** A step's script as it is sent, with this machine's folders in the place of the real ones. */
  async step(name: string, ...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
    const input = this.inPlace(await remoteScript(name));
    const run = spawnSync("bash", ["-s", "--", ...args], { input, encoding: "utf8", env: this.environment() });
    return { code: run.status, out: run.stdout, err: run.stderr };
  }

  protected inPlace(script: string): string {
    return script
      .replaceAll("/nix/var/nix", this.stage.path("nix"))
      .replaceAll("/var/lib/nixos-vps", this.stage.path("state"))
      .replaceAll("/run/nixos-vps", this.stage.path("run/nixos-vps"))
      .replaceAll(/\/run\/(booted|current)-system/g, this.stage.path("run/$1-system"))
      .replaceAll("/boot/grub", this.stage.path("boot/grub"));
  }

  protected environment(): Record<string, string> {
    return {
      PATH: `${this.stage.path("bin")}:${process.env["PATH"] ?? ""}`,
      NEXT: this.stage.path("no-flake"),
      PLACE: this.stage.path("place"),
    };
  }

  bootNew(system: string, generation?: number): ReturnType<Machine["step"]> {
    return this.step("bootNew", this.stage.path(system), ...(generation === undefined ? [] : [String(generation)]));
  }

  /** What the timer runs when it is time. */
  goBack(): number | null {
    // The shutdown that it asks for ends it.
    this.stage.fake("systemctl", "kill -TERM $PPID");
    const env = {
      VPS_PROFILES: this.stage.path("nix/profiles"),
      VPS_RUNNING: this.stage.path("run"),
      VPS_STATE: this.stage.path("state"),
      VPS_BOOT: this.stage.path("boot"),
    };
    return this.stage.run("vps-go-back", [], env).code;
  }
}
