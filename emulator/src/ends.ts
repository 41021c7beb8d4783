/** What has been begun and must be ended, whether all of it was begun or something failed on the way. */
export class Ends {
  private readonly ends: (() => unknown)[] = [];
  private ending: Promise<void> | undefined;

  /** What is added last is ended first. */
  add(end: () => unknown): void {
    this.ends.push(end);
  }

  /** Ends everything, once; whoever asks again waits for the same end. */
  all(): Promise<void> {
    return (this.ending ??= this.end());
  }

  private async end(): Promise<void> {
    for (const end of this.ends.reverse()) await end();
  }
}
