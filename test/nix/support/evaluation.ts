// Evaluates Nix expressions over the flake in nix/ with the true NixOS modules, where the evaluation tool and its trees are at hand.
// Nothing is built and nothing fetched.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Cache } from "../../../toolchain/cache";

export const repository = resolve(__dirname, "../../..");
export const nixFolder = join(repository, "nix");

const tool = process.env["NIXOS_EVAL"] ?? resolve(repository, "..", "shared", "tools", "nixos-eval");

/** Why there is no evaluation here, or null when there is. */
export const noEvaluation: string | null = ((): string | null => {
  if (!existsSync(tool)) return `there is no ${process.env["NIXOS_EVAL"] ? tool : "nixos-eval; name it in NIXOS_EVAL"}`;
  const probe = spawnSync(tool, [nixFolder, "--hosts"], { encoding: "utf8" });
  return probe.status === 0 ? null : `nixos-eval cannot evaluate: ${(probe.stderr || probe.stdout).trim().slice(-300)}`;
})();

/** `describe` where there is evaluation; elsewhere one skipped test that says so, and a line on the console. */
export function describeEvaluated(name: string, body: () => void): void {
  if (noEvaluation === null) {
    describe(name, body);
    return;
  }
  const reason = `SKIPPED, ${noEvaluation}`;
  console.warn(`test/nix: ${name}: ${reason}`);
  describe(name, () => {
    test.skip(reason, () => undefined);
  });
}

// Several test files ask the same, and an answer takes half a minute: kept by the content of everything that it is made of, so that a
// change elsewhere evaluates nothing anew.
const answers = Cache.ofUser(process.env).path("evaluations");
const KEPT_FOR_MS = 14 * 24 * 60 * 60_000;
const trees = process.env["NIXOS_TREES"];

function fingerprint(expression: string): string {
  const hash = createHash("sha256").update(expression).update(tool);
  if (trees !== undefined && existsSync(trees)) hash.update(String(statSync(trees).mtimeMs));
  for (const folder of [nixFolder, join(__dirname, "..")])
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort())
      if (statSync(join(folder, file)).isFile() && !file.endsWith(".ts"))
        hash.update(`\0${file}\0`).update(readFileSync(join(folder, file)));
  return hash.digest("hex");
}

/** Nix tells of every input that the tool has replaced, before it tells what is wrong. */
const withoutNoise = (text: string): string =>
  text.replace(/^(• (Updated|Added) input| {4}'(github|path):| {2}→ '| {4}follows ).*\n/gm, "");

/** The error that Nix printed. */
export class EvaluationError extends Error {}

/**
 * The value of a Nix expression as JSON. In scope: `flake` (the outputs), `inputs`, `lib`, and `here` for what lies beside the tests.
 */
export function evaluate(expression: string): unknown {
  const kept = join(answers, `${fingerprint(expression)}.json`);
  if (existsSync(kept)) {
    utimesSync(kept, new Date(), new Date());
    return JSON.parse(readFileSync(kept, "utf8")) as unknown;
  }
  const folder = mkdtempSync(join(tmpdir(), "vps-nix-"));
  try {
    cpSync(nixFolder, folder, { recursive: true });
    cpSync(join(__dirname, ".."), join(folder, "here"), { recursive: true, filter: (path) => !path.endsWith(".ts") });
    renameSync(join(folder, "outputs.nix"), join(folder, "outputs-original.nix"));
    writeFileSync(
      join(folder, "outputs.nix"),
      `inputs: let flake = import ./outputs-original.nix inputs; inherit (inputs.nixpkgs) lib; here = ./here; in\n` +
        `{ nixosConfigurations.probe.value = (\n${expression}\n); }\n`,
    );
    const run = spawnSync(tool, [folder, "probe", "--json", "value"], { encoding: "utf8", maxBuffer: 1 << 28 });
    if (run.status !== 0) throw new EvaluationError(withoutNoise(run.stderr).slice(-6000));
    const value = JSON.parse(run.stdout) as unknown;
    keep(kept, run.stdout);
    return value;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** By one rename: whoever is killed here must not leave half an answer. What nobody asks for any more goes. */
function keep(file: string, answer: string): void {
  mkdirSync(answers, { recursive: true });
  writeFileSync(`${file}.${process.pid}`, answer);
  renameSync(`${file}.${process.pid}`, file);
  for (const name of readdirSync(answers)) {
    const old = statSync(join(answers, name), { throwIfNoEntry: false });
    if (old && Date.now() - old.mtimeMs > KEPT_FOR_MS) rmSync(join(answers, name), { force: true });
  }
}

/** The folder of one machine, as `pulumi up` puts it together: what the tool says about it, with these arguments. */
export function evaluateFolder(
  facts: unknown,
  args: readonly string[],
): { readonly status: number | null; readonly out: string; readonly err: string } {
  const folder = mkdtempSync(join(tmpdir(), "vps-machine-"));
  try {
    cpSync(nixFolder, folder, { recursive: true });
    writeFileSync(join(folder, "facts.json"), JSON.stringify(facts));
    const run = spawnSync(tool, [folder, ...args], { encoding: "utf8", maxBuffer: 1 << 26 });
    return { status: run.status, out: run.stdout, err: run.stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
