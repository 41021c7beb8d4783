// A diary of steps: when which one began, ended or failed, as JSON lines. For a person who looks back, and for tests of the order of things.
import { appendFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { stateFolder } from "./stateFolder";

export interface StepLogLine {
  /** Milliseconds since 1970. */
  wall: number;
  step: string;
  stack: string;
  machine: string;
  server: { id: number; name: string };
  event: "begin" | "end" | "fail";
  /** Result or reason; never a secret. */
  detail?: unknown;
}

/** `$NIXOS_VPS_STEP_LOG`, or `steps.jsonl` in the operator's state folder. */
export function stepLogPath(env: NodeJS.ProcessEnv = process.env): string {
  return env.NIXOS_VPS_STEP_LOG ?? join(stateFolder(env), "steps.jsonl");
}

/** One write for one line: lines of steps that run at the same time do not mix. */
export async function writeStepLog(line: StepLogLine): Promise<void> {
  const path = stepLogPath();
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await appendFile(path, `${JSON.stringify(line)}\n`, { mode: 0o600 });
}
