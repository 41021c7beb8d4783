import execa from "execa";
import type { StepInput, StepName, StepOutput } from "../../steps/documents";

/**
 * Runs a step from inside the program, for hooks; what is a resource of its own runs as a command instead.
 *
 * @returns what the step answered
 * @throws Error with what the step said when it fails
 */
export async function runStep<S extends StepName>(step: S, document: StepInput<S>): Promise<StepOutput<S>> {
  const { exitCode, stdout, stderr } = await execa("./steps/run", [step], { input: JSON.stringify(document), reject: false });
  if (exitCode !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as StepOutput<S>;
}
