// A step that only holds a machine's lock: started by the lock's test as a process of its own.
//   tsx holder.ts FOLDER MACHINE [stubborn] [child]
import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { identityOf } from "../../../steps/operator/processes";
import { lockMachine } from "../../../steps/operator/lock";

async function main([folder = "", machine = "", ...how]: string[]): Promise<void> {
  const lock = await lockMachine({
    folder,
    stack: "test",
    machine,
    step: "stage",
    limitMs: 60_000,
    say: (text) => process.stderr.write(`${text}\n`),
    givenUp: () => false,
    pollMs: 10,
    graceMs: 200,
  });
  // Fails when somebody else is inside.
  const inside = join(folder, `${machine}.inside`);
  writeFileSync(inside, "", { flag: "wx" });
  const report: { held: true; pid: number; child?: number } = { held: true, pid: process.pid };
  if (how.includes("child")) {
    // A child that no polite signal ends, in a group of its own.
    const child = spawn("sh", ["-c", "trap '' TERM; while :; do sleep 1; done"], { detached: true, stdio: "ignore" });
    const identity = child.pid === undefined ? undefined : identityOf(child.pid);
    if (identity) lock.children([identity]);
    report.child = child.pid;
  }
  if (how.includes("stubborn")) process.on("SIGTERM", () => undefined);
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.stdin.resume();
  process.stdin.on("end", () => {
    rmSync(inside);
    void lock.release().then(() => process.exit(0));
  });
}

void main(process.argv.slice(2));
