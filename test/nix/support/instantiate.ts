// Plain Nix without nixpkgs, flakes or network, by `nix-instantiate` as Debian's `nix-bin` has it.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const hasNixInstantiate = spawnSync("nix-instantiate", ["--version"]).status === 0;

/** `describe` where Nix is; elsewhere one skipped test that says so, and a line on the console. */
export function describeWithNix(name: string, body: () => void): void {
  if (hasNixInstantiate) {
    describe(name, body);
    return;
  }
  const reason = "SKIPPED, there is no nix-instantiate (Debian: apt-get install nix-bin)";
  console.warn(`test/nix: ${name}: ${reason}`);
  describe(name, () => {
    test.skip(reason, () => undefined);
  });
}

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it with a state of its own, so that it needs neither root nor an installed store. */
export function nixInstantiate(args: readonly string[], input = ""): Run {
  const state = mkdtempSync(join(tmpdir(), "vps-nix-state-"));
  try {
    return spawnSync("nix-instantiate", ["--store", "dummy://", ...args], {
      encoding: "utf8",
      input,
      maxBuffer: 1 << 28,
      env: { PATH: process.env["PATH"], HOME: state, NIX_STATE_DIR: state, NIX_LOG_DIR: state, NIX_CONF_DIR: state },
    });
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}

/** The value of an expression as JSON. */
export function instantiate(expression: string): unknown {
  // By stdin: one argument of a program may not be longer than 128 KiB.
  const run = nixInstantiate(["--eval", "--strict", "--json", "-"], expression);
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout) as unknown;
}
