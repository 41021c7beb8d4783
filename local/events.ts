// What changed anything, in order: calls of the API that were carried out, and steps that began.
import { existsSync, readFileSync } from "node:fs";
import type { Emulator } from "../emulator/src";

interface StepLine {
  wall: number;
  step: string;
  machine: string;
  event: "begin" | "end" | "fail";
}

/** A point in time, to ask for what came after it. */
export type Mark = number;

export class Events {
  /** @param stepLog file that `NIXOS_VPS_STEP_LOG` names */
  constructor(
    private readonly cloud: Emulator,
    readonly stepLog: string,
  ) {}

  mark(): Mark {
    return Date.now();
  }

  /** E.g. `["POST /servers", "step stage", "POST /volumes/:id/actions/attach"]`. */
  changesSince(mark: Mark): string[] {
    const calls = this.cloud.journal.entries
      .filter((entry) => entry.kind === "api" && /^(POST|PUT|DELETE) /.test(entry.text) && (entry.status ?? 0) < 400)
      .map(({ wall, text }) => ({ wall, text }));
    const steps = this.steps()
      .filter((line) => line.event === "begin")
      .map(({ wall, step }) => ({ wall, text: `step ${step}` }));
    return [...calls, ...steps]
      .filter(({ wall }) => wall > mark)
      .sort((a, b) => a.wall - b.wall)
      .map(({ text }) => text);
  }

  /** Every request of the API, reads as well, e.g. `GET /volumes`. */
  requestsSince(mark: Mark): string[] {
    return this.cloud.journal.entries.filter((entry) => entry.kind === "api" && entry.wall > mark).map(({ text }) => text);
  }

  /** Connections by ssh to any machine. */
  connectionsSince(mark: Mark): string[] {
    return this.cloud.journal.entries.filter((entry) => entry.kind === "ssh" && entry.wall > mark).map(({ text }) => text);
  }

  private steps(): StepLine[] {
    if (!existsSync(this.stepLog)) return [];
    return readFileSync(this.stepLog, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as StepLine);
  }
}
