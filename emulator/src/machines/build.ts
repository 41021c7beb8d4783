// `nix build` on a machine: its flake is copied out, evaluated on the computer, and what the system is made of is brought into the
// machine's store, as far as it is not there.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Machine } from "./machine";
import { evaluate, parseFlakeRef } from "./store/evaluate";

/** @returns the system's store path, or `failed FILE` with the evaluator's words in a file on the machine */
export async function buildOnMachine(machine: Machine, session: string, folder: string, attribute: string): Promise<string> {
  const name = parseFlakeRef(`.#${attribute}`)?.attribute;
  if (name === undefined) throw new Error(`'${attribute}' is no configuration of a flake`);
  const turn = machine.building;
  let over: () => void = () => undefined;
  machine.building = new Promise((resolve) => (over = resolve));
  try {
    await machine.world.activities.waitFor(session, () => turn);
    machine.note(`build ${folder}#${name}`);
    return await evaluateAndRealise(machine, session, folder, name);
  } finally {
    over();
  }
}

async function evaluateAndRealise(machine: Machine, session: string, folder: string, name: string): Promise<string> {
  const { world } = machine;
  const copy = await mkdtemp(join(world.paths.temporary, "flake-"));
  try {
    await copyOut(machine, folder, copy);
    const description = await evaluate(world.evaluator, copy, name);
    const { path, closure } = await world.store.build(description);
    await realise(machine, session, closure);
    return path;
  } catch (error) {
    return await failed(machine, error);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** As Nix copies a flake to the store before it looks at it. Links are followed on the machine, not on the computer. */
async function copyOut(machine: Machine, folder: string, copy: string): Promise<void> {
  const reader = machine.namespace?.spawn(["tar", "-C", folder, "--dereference", "-cf", "-", "."], { stdio: ["ignore", "pipe", "ignore"] });
  if (!reader?.stdout) throw new Error("the machine is off");
  const writer = spawn("tar", ["-C", copy, "-xf", "-", "--no-same-owner"], { stdio: ["pipe", "ignore", "ignore"] });
  writer.stdin.on("error", () => undefined);
  reader.stdout.pipe(writer.stdin);
  const [code] = (await once(writer, "close")) as [number | null];
  if (code !== 0) throw new Error(`the flake ${folder} could not be read`);
}

/** Brings store paths into the machine's store. What is there already costs nothing. */
export async function realise(machine: Machine, session: string, names: readonly string[]): Promise<void> {
  const { world, namespace } = machine;
  if (!namespace) throw new Error("the machine is off");
  const store = "/.emulator/bin/emulator-store";
  const empty = (await namespace.run([store, "empty", ""])).code === 0;
  const missing = (await namespace.run([store, "missing", ""], { input: names.map((name) => `${name}\n`).join("") })).stdout
    .split("\n")
    .filter(Boolean);
  if (missing.length === 0) return;
  await machine.waitFor(session, empty ? world.latencies.closureEmpty : world.latencies.closureChanged);
  const result = await namespace.run([store, "import", ""], { input: await world.store.pack(missing) });
  if (result.code !== 0) throw new Error(`store paths could not be written: ${result.stderr.trim()}`);
}

async function failed(machine: Machine, error: unknown): Promise<string> {
  const words = error instanceof Error ? error.message : String(error);
  const file = `/run/emulator/build-${Math.random().toString(36).slice(2)}.log`;
  await machine.namespace?.run(["sh", "-c", 'cat >"$1"', "sh", file], { input: `${words}\n` });
  return `failed ${file}`;
}
