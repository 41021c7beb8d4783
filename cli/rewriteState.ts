// Writing the stack's state. Pulumi reads a state by one command and takes it back by another, and holds its lock for neither of the two
// together: what an operation writes in between would be lost.
import { StepError } from "../steps/stepError";
import { stackIsBusy } from "./pulumi";
import { type Checkpoint, parseCheckpoint, type Stack, writtenAt } from "./stack";
import { Busy } from "./trouble";

/** How often a state that others write is read again. */
const LOOKS = 4;

/**
 * Changes the stack's state, when nobody writes it between two readings and no operation on it is unfinished: an import would make Pulumi
 * forget those ("removing pending operation"), and with them what may have been made at Hetzner.
 *
 * @param change gets the state with its secrets encrypted, so that what is written back holds nothing in the clear
 * @throws {Busy} when another operation works on the stack, or was killed on it; the state is as it was
 */
export async function rewriteState(stack: Stack, change: (state: Checkpoint) => Checkpoint): Promise<void> {
  const { pulumi } = stack;
  let before = stack.written;
  for (let look = 0; look < LOOKS; look++) {
    const state = parseCheckpoint(await pulumi.run(["stack", "export"]));
    refuseUnfinished(state);
    const written = writtenAt(state);
    if (written === before) {
      await pulumi.run(["stack", "import"], JSON.stringify(change(state)));
      return;
    }
    before = written;
  }
  throw stackIsBusy("the state is another one each time it is read");
}

function refuseUnfinished({ deployment }: Checkpoint): void {
  const unfinished = deployment.pending_operations ?? [];
  if (unfinished.length === 0) return;
  const which = unfinished.map(({ type, resource }) => `${type} ${resource.urn.slice(resource.urn.lastIndexOf("::") + 2)}`);
  throw new Busy({
    what: `The stack's state names operations that have not ended (${which.join(", ")}): a \`pulumi up\` is at work, or one was killed.`,
    state: "Nothing was touched. Pulumi would forget them, and what they may have made, if the state were written now.",
    next:
      "Wait for it to end. If it was killed, run `pulumi up`, and where Pulumi warns of pending operations even then, " +
      "`pulumi refresh --clear-pending-creates`; then run the same command again. `vps-rollback` on the machine itself needs none of this.",
  });
}

/** What is wrong, without the rest: for a failure that is told as part of another. */
export function reasonOf(error: unknown): string {
  if (error instanceof StepError) return error.trouble.what;
  return error instanceof Error ? error.message : String(error);
}
