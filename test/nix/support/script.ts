// Runs a script of nix/packages as writeShellApplication would wrap it, with programs of the test's own in front of the PATH.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nixFolder } from "./evaluation";

const header = "#!/usr/bin/env bash\nset -o errexit\nset -o nounset\nset -o pipefail\n";

export function scriptText(name: string): string {
  return header + readFileSync(join(nixFolder, "packages", `${name}.sh`), "utf8");
}

export interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A folder for one test, with fakes for the programs that it must not really run. Every call of a fake is written down. */
export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), "vps-script-"));
  readonly #calls = join(this.folder, ".calls");

  constructor() {
    mkdirSync(join(this.folder, "bin"));
    writeFileSync(this.#calls, "");
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  write(name: string, text: string, mode = 0o644): string {
    const path = this.path(name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  }

  /** A program on the PATH that notes how it was called, then does `body`. */
  fake(name: string, body = ":"): void {
    this.write(`bin/${name}`, `#!/usr/bin/env bash\necho "${name} $*" >>"${this.#calls}"\n${body}\n`, 0o755);
  }

  calls(): string[] {
    return readFileSync(this.#calls, "utf8").split("\n").filter(Boolean);
  }

  /** A fake NixOS system: its switch-to-configuration notes the call and, unless it only writes the boot menu, ends with `code`. */
  system(name: string, { code = 0, health = 0 }: { code?: number; health?: number } = {}): string {
    this.write(
      `${name}/bin/switch-to-configuration`,
      `#!/usr/bin/env bash\necho "${name} $*" >>"${this.#calls}"\n[ "$1" = boot ] || exit ${code}\n`,
      0o755,
    );
    this.write(`${name}/sw/bin/vps-health`, `#!/usr/bin/env bash\nexit ${health}\n`, 0o755);
    for (const part of ["kernel", "initrd", "kernel-modules"]) this.write(`${name}/${part}`, part);
    return this.path(name);
  }

  run(script: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Result {
    const file = this.write(`.scripts/${script}`, scriptText(script), 0o755);
    const run = spawnSync("bash", [file, ...args], {
      encoding: "utf8",
      cwd: this.folder,
      env: { ...process.env, PATH: `${this.path("bin")}:${process.env["PATH"] ?? ""}`, ...env },
    });
    return { code: run.status, out: run.stdout, err: run.stderr };
  }
}
