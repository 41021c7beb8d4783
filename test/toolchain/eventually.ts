import { setTimeout as delay } from "node:timers/promises";
import execa from "execa";

const PATIENCE_MS = 30_000;
const POLL_MS = 20;

/** Waits until a condition holds; fails, saying what was waited for, when it does not come about. */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > end) {
      throw new Error(`waited in vain: ${what}`);
    }
    await delay(POLL_MS);
  }
}

/** Whether a process runs still; one that has ended counts as gone even while nobody has asked for its exit code. */
export function isAlive(pid: string): boolean {
  try {
    return !execa.sync("ps", ["-o", "stat=", "-p", pid]).stdout.trim().startsWith("Z");
  } catch {
    return false;
  }
}
