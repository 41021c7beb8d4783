// What the operating system knows of a process. A process id alone may have been given to another one since, so a process is named by
// its id together with the moment it started.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** A process that cannot be mistaken for a later one with the same id. */
export interface ProcessIdentity {
  pid: number;
  /** When it started, in the words of the operating system: only ever compared. */
  started: string;
}

interface ProcessRow extends ProcessIdentity {
  parent: number;
  command: string;
}

/** The process with this id, or undefined when there is none (a zombie counts as none: it does nothing any more). */
export function lookUp(pid: number): (ProcessIdentity & { parent: number; command: string }) | undefined {
  return process.platform === "linux" ? fromProc(pid) : fromPs(pid);
}

/** Whether exactly this process still runs. */
export function isAlive(process: ProcessIdentity): boolean {
  return lookUp(process.pid)?.started === process.started;
}

/** This process' identity. */
export function self(): ProcessIdentity {
  return identityOf(process.pid) ?? { pid: process.pid, started: "unknown" };
}

/** @returns undefined when no such process runs */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const row = lookUp(pid);
  return row && { pid: row.pid, started: row.started };
}

/**
 * On whose behalf this process runs: the Pulumi engine among its ancestors, or else its parent. When that one is gone, nobody waits for
 * the result any more.
 */
export function commissioner(): ProcessIdentity | undefined {
  const parent = lookUp(process.ppid);
  for (let row = parent; row && row.pid > 1; row = lookUp(row.parent)) {
    if (/^pulumi(\.exe)?$/.test(row.command)) return { pid: row.pid, started: row.started };
  }
  return parent && parent.pid > 1 ? { pid: parent.pid, started: parent.started } : undefined;
}

/** Sends a signal to a process group, or to the process where it leads none. A group that is gone is no error. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

function fromProc(pid: number): ProcessRow | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command stands in parentheses and may itself hold spaces and parentheses.
    const [, command = "", rest = ""] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? [];
    const fields = rest.split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    return { pid, command, parent: Number(fields[1]), started: fields[19] ?? "" };
  } catch {
    return undefined;
  }
}

function fromPs(pid: number): ProcessRow | undefined {
  try {
    const line = execFileSync("ps", ["-o", "ppid=,stat=,lstart=,comm=", "-p", String(pid)], {
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C" },
    });
    const match = /^\s*(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d+)\s+(.*?)\s*$/.exec(line);
    if (!match?.[3] || match[2]?.startsWith("Z")) return undefined;
    return { pid, parent: Number(match[1]), started: match[3], command: (match[4] ?? "").replace(/^.*\//, "") };
  } catch {
    return undefined;
  }
}
