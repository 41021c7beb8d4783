import type { Problem } from "./reading/problems";

/**
 * The report that a person reads: every problem with its place, then the file to edit.
 *
 * @param stack names the file: `Pulumi.<stack>.yaml`
 */
export function report(problems: readonly Problem[], stack: string): string {
  const count = problems.length === 1 ? "is 1 mistake" : `are ${problems.length} mistakes`;
  return [
    `There ${count} in the configuration of the stack ${stack}:`,
    "",
    ...problems.flatMap(({ path, message }) => [`  ${path}`, `    ${message}`, ""]),
    `Correct Pulumi.${stack}.yaml and run the command again. No request was made, and nothing was changed.`,
    "All keys, limits and defaults: docs/configuration.md",
  ].join("\n");
}
