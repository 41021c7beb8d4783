// How a machine is at the moment, seen from inside. Touches nothing and takes no lock: it may be asked while something works on it.
import type { StepContext } from "../context";
import type { StepInput } from "../documents";
import { inUtc } from "./generations";
import { openConnections } from "../ssh/connections";
import { callScript, parseResults, type Unreached } from "../ssh/remote";

const LIMIT_MS = 30_000;

export interface DiskSpace {
  mountPoint: string;
  /** Bytes. */
  size: number;
  free: number;
}

export interface MachineStatus {
  generation: number;
  /** Store path of what runs. */
  system: string;
  /** What runs, against what `pulumi up` made last. */
  runs: "what pulumi up made" | "an unconfirmed system" | "an earlier generation" | "another system";
  rolledBack: { generation: number; when: string } | null;
  /** Hash of flake and facts of what `pulumi up` made last. */
  flake: string;
  /** In systemd's words, e.g. `running` or `degraded`. */
  state: string;
  failedUnits: string[];
  disks: DiskSpace[];
  /** Mount points of volumes where nothing is mounted. */
  missing: string[];
}

/** @returns why it cannot be said where the machine does not answer */
export async function lookAtMachine(input: StepInput<"switch">, context: StepContext): Promise<MachineStatus | Unreached> {
  const { final } = await openConnections(input, context, { connectSeconds: 8 });
  const args = input.facts.storage.volumes.map((volume) => volume.mountPoint);
  const answer = await callScript(context, final, { script: "status", args, limitMs: LIMIT_MS });
  if (answer.code !== 0) return answer.unreached ?? "unreachable";
  const told = parseResults(answer.stdout.toString("utf8"));
  const [active, last] = [told.get("active"), told.get("last")];
  const [number, seconds, system] = told.get("rolledBack").split(" ");
  const rolledBack = system === active && seconds !== undefined ? { generation: Number(number), when: inUtc(Number(seconds)) } : null;
  return {
    generation: Number(told.get("generation")),
    system: active,
    runs: runsWhat({
      active,
      last,
      boots: told.get("default"),
      armed: told.get("armed") !== "" || told.get("unconfirmed") === active,
      rolledBack: rolledBack !== null,
    }),
    rolledBack,
    flake: told.get("lastFlake"),
    state: told.get("running"),
    failedUnits: told.all("failed"),
    disks: told.all("disk").map((line): DiskSpace => {
      const [mountPoint = "", size, free] = line.split(" ");
      return { mountPoint, size: Number(size), free: Number(free) };
    }),
    missing: told.all("missing"),
  };
}

function runsWhat(now: { active: string; last: string; boots: string; armed: boolean; rolledBack: boolean }): MachineStatus["runs"] {
  if (now.armed) return "an unconfirmed system";
  if (now.rolledBack) return "an earlier generation";
  return now.active === now.last && now.boots === now.active ? "what pulumi up made" : "another system";
}
