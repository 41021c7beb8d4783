// What `steps/run NAME` runs: reads the document, takes the machine's lock, does the step, prints the answer.
//
// Exit codes: 0 done; 1 the step failed; 2 the step did not begin (unknown step, unreadable document); 3 another step holds the machine;
// 128 + n ended by signal n.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { StepContext } from "./context";
import { documents, type StepInput, type StepName, type StepOutput } from "./documents";
import { grow } from "./grow";
import { identify } from "./identify";
import { lease } from "./lease";
import { Children } from "./operator/children";
import { Interruption } from "./operator/interruption";
import { lockMachine, type MachineLock } from "./operator/lock";
import { openLog } from "./operator/log";
import { stateFolder } from "./operator/stateFolder";
import { type StepLogLine, writeStepLog } from "./operator/stepLog";
import { createProgress } from "./progress";
import { readDocument, secretsOf } from "./readDocument";
import { release } from "./release";
import { shutDown } from "./shutDown";
import { stage } from "./stage";
import { switchSystem } from "./switch";
import { takeOver } from "./takeOver";

const steps: { [S in StepName]: (input: StepInput<S>, context: StepContext) => Promise<StepOutput<S>> } = {
  stage,
  lease,
  grow,
  release,
  takeOver,
  switch: switchSystem,
  shutDown,
  identify,
};

/** The longest a step waits for another one on the same machine: an installation may take its time. */
const LOCK_LIMIT_MS = 2 * 60 * 60_000;

async function main(name: string | undefined): Promise<number> {
  if (name === undefined || !Object.hasOwn(steps, name)) {
    console.error(`steps/run: there is no step "${name ?? ""}". There are: ${Object.keys(steps).join(", ")}. Nothing was touched.`);
    return 2;
  }
  const step = name as StepName;
  const read = readDocument(step, await text(process.stdin));
  if ("problem" in read) {
    console.error(read.problem);
    return 2;
  }
  return runStep(step, read.document);
}

async function runStep<S extends StepName>(step: S, input: StepInput<S>): Promise<number> {
  const progress = createProgress({
    machine: input.machine,
    secrets: secretsOf(input),
    log: openLog(input.stack, input.machine, step),
  });
  const log = (event: StepLogLine["event"], detail?: unknown): Promise<void> =>
    writeStepLog({ wall: Date.now(), step, stack: input.stack, machine: input.machine, server: input.server, event, detail });

  let lock: MachineLock | undefined;
  const children = new Children((running) => lock?.children(running));
  const interruption = new Interruption();

  try {
    lock = await lockMachine({
      folder: join(stateFolder(), "locks"),
      stack: input.stack,
      machine: input.machine,
      step,
      limitMs: LOCK_LIMIT_MS,
      say: (words) => progress.say(words),
      givenUp: () => interruption.code !== undefined,
    });
  } catch (error) {
    progress.fail(error);
    return interruption.code ?? 3;
  }

  const workspace = await mkdtemp(join(tmpdir(), "nixos-vps-"));
  try {
    await log("begin");
    const context: StepContext = { project: process.cwd(), workspace, progress, children };
    const output = await Promise.race([interruption.happens, steps[step](input, context)]);
    const answer = documents[step].output.parse(output);
    await log("end", answer);
    process.stdout.write(`${JSON.stringify(answer)}\n`);
    return 0;
  } catch (error) {
    progress.fail(error);
    await log("fail", progress.redact(error instanceof Error ? error.message : String(error)));
    return interruption.code ?? 1;
  } finally {
    await children.endAll();
    await rm(workspace, { recursive: true, force: true });
    await lock.release();
  }
}

process.umask(0o077);
void main(process.argv[2]).then((code) => {
  process.exitCode = code;
  // The answer may still be on its way down the pipe, and an interrupted step still has timers: so first the one, then the end.
  process.stdout.write("", () => process.exit());
});
