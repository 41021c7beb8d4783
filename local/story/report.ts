// How the story is told: a line or two for each phase, a table at the end, the same as data with --json.
import pc from "picocolors";

export interface Check {
  text: string;
  ok: boolean;
  /** What was seen, when it is not what was expected. */
  detail?: string;
}

export interface Phase {
  name: string;
  seconds: number;
  /** What the same would have taken at Hetzner, by the `realistic` profile. */
  cloudSeconds: number;
  checks: Check[];
}

const PASSED = process.stdout.isTTY ? "✓" : "ok";
const FAILED = process.stdout.isTTY ? "✗" : "FAILED";

export class Report {
  readonly phases: Phase[] = [];
  private readonly began = Date.now();

  /** @param cloudTime virtual milliseconds of the emulated cloud */
  constructor(private readonly cloudTime: () => number) {}

  /** Tells a phase, runs it, notes its time and its checks. An error of the phase is a failed check, and ends the story. */
  async phase(name: string, work: (check: (text: string, ok: boolean, detail?: string) => void) => Promise<void>): Promise<void> {
    const [began, cloudBegan] = [Date.now(), this.cloudTime()];
    console.log(`\n${pc.bold(name)}`);
    const checks: Check[] = [];
    const check = (text: string, ok: boolean, detail?: string) => {
      checks.push({ text, ok, ...(detail !== undefined && { detail }) });
      console.log(`  ${ok ? pc.green(PASSED) : pc.red(FAILED)} ${text}${!ok && detail ? `: ${detail}` : ""}`);
    };
    try {
      await work(check);
    } catch (error) {
      check("the phase runs to its end", false, error instanceof Error ? error.message : String(error));
      throw new StoryEnded();
    } finally {
      const phase = { name, seconds: (Date.now() - began) / 1000, cloudSeconds: (this.cloudTime() - cloudBegan) / 1000, checks };
      this.phases.push(phase);
      console.log(pc.dim(`  ${phase.seconds.toFixed(1)} s here, ${minutes(phase.cloudSeconds)} at Hetzner`));
    }
  }

  get ok(): boolean {
    return this.phases.every((phase) => phase.checks.every((check) => check.ok));
  }

  /** For --json. */
  get data() {
    return { ok: this.ok, seconds: (Date.now() - this.began) / 1000, phases: this.phases };
  }

  table(): string {
    const width = Math.max(...this.phases.map((phase) => phase.name.length));
    const rows = this.phases.map((phase) => {
      const good = phase.checks.filter((check) => check.ok).length;
      const checks = `${good.toString()} of ${phase.checks.length.toString()} checks`;
      return `${phase.name.padEnd(width)}  ${phase.seconds.toFixed(1).padStart(6)} s  ${minutes(phase.cloudSeconds).padStart(11)}  ${checks}`;
    });
    const head = `${"phase".padEnd(width)}  ${"here".padStart(8)}  ${"at Hetzner".padStart(11)}  checks`;
    return [pc.bold(head), ...rows].join("\n");
  }
}

/** Thrown after a phase that could not go on; its reason has been told. */
export class StoryEnded extends Error {}

function minutes(seconds: number): string {
  if (seconds < 100) return `${seconds.toFixed(0)} s`;
  return `${Math.floor(seconds / 60).toString()} min ${Math.round(seconds % 60).toString()} s`;
}
