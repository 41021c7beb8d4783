// A step as a Pulumi resource: `@pulumi/command` runs it on the operator's side, with its document on stdin.
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { StepInput, StepName, StepOutput } from "../steps/documents";

export interface StepCommandArgs<S extends StepName> {
  /** The step that `create` runs. */
  step: S;
  input: pulumi.Input<StepInput<S>>;
  /** A change of these runs the step anew, on a new resource; nothing else does for a step that runs once. */
  triggers?: pulumi.Input<unknown>[];
  /**
   * What a changed document alone does: `run` the step again, run another step `instead`, with what this one answered last, or `keep` the
   * old document, as the new is for the next server only.
   */
  onChange: "run" | "keep" | { instead: StepName };
  /** Not read by the step: a change of one of these is what makes the engine run it again, and what a person sees as the reason. */
  reasons?: Record<`NIXOS_VPS_${string}`, pulumi.Input<string>>;
  /** Step that runs when the resource goes, with the document recorded last. */
  onDelete?: StepName;
}

/**
 * Declares a step. No input depends on the operator's computer: the path is relative to the project's folder, where plugins run.
 *
 * @returns the command and what the step answered
 */
export function stepCommand<S extends StepName>(
  name: string,
  args: StepCommandArgs<S>,
  opts: pulumi.CustomResourceOptions,
): { command: local.Command; output: () => pulumi.Output<StepOutput<S>> } {
  const command = new local.Command(
    name,
    {
      create: `./steps/run ${args.step}`,
      ...(typeof args.onChange === "object" && { update: `./steps/run ${args.onChange.instead}` }),
      ...(args.onDelete && { delete: `./steps/run ${args.onDelete}` }),
      ...(args.reasons && { environment: args.reasons }),
      stdin: pulumi.secret(pulumi.output(args.input).apply((input) => JSON.stringify(input))),
      triggers: args.triggers ?? [],
      // stdout is the answer and is read below; stderr is the progress that a person wants to see.
      logging: local.Logging.Stderr,
      // A switch has to know at which port the machine still answers when the configuration names another; a lease, how big its volume was.
      addPreviousOutputInEnv: args.onChange !== "keep",
    },
    { ...opts, ...(args.onChange === "keep" && runsOnce) },
  );
  // The answer never holds a secret, whatever a plugin makes of secret inputs; hidden facts could not be diffed.
  const output = () => pulumi.unsecret(command.stdout).apply((line) => JSON.parse(line) as StepOutput<S>);
  return { command, output };
}

/**
 * What is done once for each server is not done again because, say, a volume was added. A replacement reads the program's own inputs
 * all the same, and so does a retry after a failed create: the engine then has no old ones to go back to.
 */
const runsOnce = { ignoreChanges: ["stdin", "create"] };
