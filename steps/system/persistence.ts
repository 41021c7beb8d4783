// The persistence test on a living machine: a marker on every volume, a rollback and the way back, and a comparison with what was before.
// What it changes is undone: the marker is removed, and the rollback is never confirmed, so that the machine would end it by itself.
import { performance } from "node:perf_hooks";
import type { StepContext } from "../context";
import type { StepInput } from "../documents";
import { planRollback, type RollbackPlan } from "./rollBack";
import { openConnections } from "../ssh/connections";
import { callScript, parseResults, runScript } from "../ssh/remote";
import { StepError } from "../stepError";
import { activateArmed, lookAnew } from "./switchActive";

const MINUTE = 60_000;

/** The most that a rollback may take, in seconds. */
const ROLLBACK_LIMIT = 5;

export interface PersistenceCheck {
  ok: boolean;
  /** What was looked at, with what was found. */
  what: string;
}

export interface PersistenceReport {
  ok: boolean;
  checks: PersistenceCheck[];
  rollback: { generation: number; seconds: number } | { skipped: string };
}

/** @throws StepError when it cannot be made; the marker may be left then, which does no harm and is written anew the next time */
export async function testPersistence(input: StepInput<"switch">, context: StepContext): Promise<PersistenceReport> {
  const { progress } = context;
  const { final } = await openConnections(input, context);
  const volumes = input.facts.storage.volumes.map((volume) => volume.mountPoint).filter((target) => target !== "/nix");
  if (volumes.length === 0) {
    throw new StepError({
      what: `${input.machine} has no volume that holds data: nothing of it would outlive its server.`,
      state: "Nothing was touched.",
      next: "Give it one in the configuration (volumes), then run `pulumi up`.",
    });
  }
  const part = async (name: "prepare" | "compare" | "clean"): Promise<PersistenceCheck[]> => {
    const told = await runScript(context, final, {
      script: "persistence",
      args: [name, ...volumes],
      limitMs: 10 * MINUTE,
      state: "At most a small marker file was left on the volumes (.vps-persistence).",
      next: "Run the same command again.",
    });
    const lines = told.all("told").map((line) => ({ ok: !/^\S+ FAIL /.test(line), what: line.replace(/^(\S+) (ok|FAIL) +/, "$1: ") }));
    return [
      ...lines,
      ...told.all("failed").flatMap((at) => (lines.some((line) => !line.ok) ? [] : [{ ok: false, what: `${at}: the ${name} failed` }])),
    ];
  };

  progress.phase(`writing a marker to ${volumes.join(" and ")}`);
  const prepared = (await part("prepare")).filter((check) => !check.ok);
  if (prepared.length > 0) return { ok: false, checks: prepared, rollback: { skipped: "the marker could not be written" } };
  const { rollback, checks } = await tryRollback(input, context, () => part("compare"));
  progress.phase("comparing with what was before");
  checks.push(...(await part("compare")));
  await part("clean");
  return { ok: checks.every((check) => check.ok), checks, rollback };
}

type Tried = Pick<PersistenceReport, "rollback" | "checks">;

/** There and back: the former generation is activated, looked at, and left again. */
async function tryRollback(input: StepInput<"switch">, context: StepContext, compare: () => Promise<PersistenceCheck[]>): Promise<Tried> {
  let plan: RollbackPlan;
  try {
    plan = await planRollback(input, context, { reboot: false });
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return skipped(context, error.trouble.what);
  }
  const against = notForAMoment(plan);
  if (against !== undefined) return skipped(context, against);
  const { number } = plan.target.generation;
  context.progress.phase(`going to generation ${number} for a moment`);
  const began = performance.now();
  const { token } = await activateArmed(plan.change);
  const seconds = Math.round(performance.now() - began) / 1000;
  const { reached, sick } = await lookAnew(plan.change, (look) => look.reached);
  const during = reached
    ? (await compare()).filter((check) => !check.ok)
    : [{ ok: false, what: `in generation ${number}: ${sick.join("; ")}` }];
  const returned = await goForth(plan, token);
  return {
    rollback: { generation: number, seconds },
    checks: [
      ...during,
      { ok: seconds < ROLLBACK_LIMIT, what: `generation ${number} was active after ${seconds.toFixed(1)} s` },
      ...(returned ? [] : [{ ok: false, what: "the machine did not come back from the rollback at once; it does so by itself" }]),
    ],
  };
}

function skipped({ progress }: StepContext, why: string): Tried {
  progress.warn(`no rollback is tried: ${why}`);
  return { rollback: { skipped: why }, checks: [] };
}

/** Why a test must not go to a generation that a person may roll back to: services would lose their data under them, or we the machine. */
function notForAMoment({ target: { generation }, change, port }: RollbackPlan): string | undefined {
  const { number, unmounts } = generation;
  if (unmounts.length > 0)
    return `Generation ${number} does not mount ${unmounts.join(" and ")}, which would be unmounted under the services that use it.`;
  if (port !== change.contact.connection.target.port) return `Generation ${number} takes ssh at port ${port}.`;
  return undefined;
}

async function goForth({ change }: RollbackPlan, token: string): Promise<boolean> {
  const { context, connections, contact } = change;
  context.progress.phase("coming back");
  const answer = await callScript(context, connections.final, { script: "goBack", args: [token], limitMs: 5 * MINUTE, relay: "machine" });
  return answer.code === 0 && parseResults(answer.stdout.toString("utf8")).get("system") === contact.system;
}
