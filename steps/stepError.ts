/** What a person needs to know when a step fails. */
export interface Trouble {
  /** What is wrong, and where. */
  what: string;
  /** What state things were left in. */
  state: string;
  /** What to do next. */
  next: string;
}

/**
 * A failure that was foreseen, told in words.
 *
 * @example
 * ```ts
 * throw new StepError({
 *   what: "The volume 17 is not visible on devserver-4f2a.",
 *   state: "Nothing was changed.",
 *   next: "Look at the volume in the Hetzner console, then run `pulumi up` again.",
 * });
 * ```
 */
export class StepError extends Error {
  constructor(readonly trouble: Trouble) {
    super(`${trouble.what}\n  State: ${trouble.state}\n  Next: ${trouble.next}`);
    this.name = "StepError";
  }
}
