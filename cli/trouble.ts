// How a command that cannot do its work tells so: by a StepError, as the steps do, with an exit code of its own where a script may want to
// tell the reasons apart.
import { StepError, type Trouble } from "../steps/stepError";

/** What was asked for does not exist or does not go together; nothing was touched. Exit code 2. */
export class WrongUsage extends StepError {
  constructor(trouble: Omit<Trouble, "state">) {
    super({ ...trouble, state: "Nothing was touched." });
  }
}

/** Somebody else works on the machine or on the stack; waiting or ending them helps. Exit code 3. */
export class Busy extends StepError {}

/** A command was ended by a signal. */
export class Interrupted extends Error {
  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof Interrupted) return error.exitCode;
  if (error instanceof WrongUsage) return 2;
  return error instanceof Busy ? 3 : 1;
}

/** Words for a person; a bug of ours is no foreseen trouble, but a stack trace helps nobody at the keyboard either. */
export function wordsOf(error: unknown): string {
  return `error: ${error instanceof Error ? error.message : String(error)}`;
}
