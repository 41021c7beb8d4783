/** A problem the user can mend: its message says what is wrong and what to do. Everything else that is thrown is a bug. */
export class ToolchainError extends Error {
  override readonly name = "ToolchainError";
}

/** The first line of a problem, for a list of reasons. */
export function firstLine(problem: unknown): string {
  const message = problem instanceof Error ? problem.message : String(problem);
  return message.split("\n", 1)[0] ?? message;
}
