import execa from "execa";
import type { StepInput, StepName } from "../../steps/documents";

/**
 * Runs a step from inside the program, for hooks; what is a resource of its own runs as a command instead.
 *
 * @throws Error with what the step said when it fails
 */
export async function runStep<S extends StepName>(step: S, document: StepInput<S>): Promise<void> {
  const { exitCode, stderr } = await execa("./steps/run", [step], { input: JSON.stringify(document), reject: false });
  if (exitCode !== 0) throw new Error(stderr);
}
