// `vps` as a person runs it on a world's stack.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { CHECKOUT } from "../../../toolchain/checkout";
import type { World } from "./world";

const tsx = createRequire(__filename).resolve("tsx");

export async function runVps({ stack }: World, args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ["--import", tsx, join(CHECKOUT, "cli", "main.ts"), "--stack", stack.name, ...args], {
    cwd: stack.project.folder,
    env: { ...process.env, ...stack.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, stdout, stderr };
}
