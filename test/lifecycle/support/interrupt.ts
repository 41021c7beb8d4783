// Ends the operator's engine with SIGKILL at a chosen point of a command: the hardest way in which a command can end.
import { existsSync, readFileSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { World } from "./world";

/** `POST /servers` (accepted, but Pulumi never hears of it) or `step stage` (just begun). */
export type Point = string;

/**
 * Starts a command, kills the engine at the point, and lifts the lock it left.
 *
 * @throws when the command ends before it comes to the point
 */
export async function killAt(world: World, point: Point, args: string[] = ["up", "--yes", "--skip-preview"]): Promise<void> {
  const reached = point.startsWith("step ") ? stepBegins(world, point.slice("step ".length)) : requestTakesEffect(world, point);
  const running = world.stack.start(args);
  const ended = running.done.then(({ output }) => {
    throw new Error(`the command ended before it came to ${point}:\n${output}`);
  });
  ended.catch(() => undefined);
  const { release } = await Promise.race([reached, ended]);
  await checkpointIsWhole(world);
  running.process.kill("SIGKILL");
  await running.done;
  release();
  await world.stack.cancel();
}

/**
 * Pulumi's file back end writes its checkpoint in place, so a kill in the middle of that leaves half a file (seen: `failed to load
 * checkpoint: EOF`). That is Pulumi's to mend; here the kill waits for a moment in which nothing is being written.
 */
export async function checkpointIsWhole({ project, stack }: World): Promise<void> {
  const file = join(project.backend, ".pulumi", "stacks", "nixos-vps", `${stack.name}.json`);
  let before = "";
  for (;;) {
    const now = readFileSync(file, "utf8");
    if (now !== "" && now === before) return;
    before = now;
    await sleep(50);
  }
}

interface Reached {
  release: () => void;
}

async function requestTakesEffect(world: World, pattern: string): Promise<Reached> {
  const held = world.cloud.faults.holdNext(pattern, { after: true });
  await held.arrived;
  return { release: () => held.release() };
}

function stepBegins(world: World, step: string): Promise<Reached> {
  const { stepLog } = world.events;
  if (!existsSync(stepLog)) writeFileSync(stepLog, "");
  const count = () =>
    readFileSync(stepLog, "utf8")
      .split("\n")
      .filter((line) => line.includes(`"step":"${step}"`) && line.includes(`"event":"begin"`)).length;
  const before = count();
  return new Promise((resolve) => {
    const watcher = watch(stepLog, () => {
      if (count() === before) return;
      watcher.close();
      resolve({ release: () => undefined });
    });
  });
}
