const DEFAULT_PER_HOUR = 3600;

interface Bucket {
  left: number;
  /** Virtual milliseconds of the last refill. */
  at: number;
}

export interface Allowance {
  exceeded: boolean;
  headers: Record<string, string>;
}

/** So many requests an hour for each caller, growing back evenly. Refuses only when it was given a limit; else it only counts. */
export class RateLimit {
  private readonly buckets = new Map<string, Bucket>();
  private readonly limit: number;

  /**
   * @param now virtual milliseconds
   * @param epoch wall clock at virtual time 0
   */
  constructor(
    private readonly now: () => number,
    private readonly epoch: number,
    private readonly enforced?: number,
  ) {
    this.limit = enforced ?? DEFAULT_PER_HOUR;
  }

  take(caller: string): Allowance {
    const bucket = this.refilled(caller);
    const exceeded = bucket.left < 1;
    if (!exceeded) bucket.left--;
    const secondsToFull = ((this.limit - bucket.left) * 3600) / this.limit;
    return {
      exceeded: exceeded && this.enforced !== undefined,
      headers: {
        "RateLimit-Limit": String(this.limit),
        "RateLimit-Remaining": String(Math.floor(bucket.left)),
        "RateLimit-Reset": String(Math.ceil((this.epoch + this.now()) / 1000 + secondsToFull)),
      },
    };
  }

  private refilled(caller: string): Bucket {
    const now = this.now();
    const bucket = this.buckets.get(caller) ?? { left: this.limit, at: now };
    bucket.left = Math.min(this.limit, bucket.left + ((now - bucket.at) * this.limit) / 3_600_000);
    bucket.at = now;
    this.buckets.set(caller, bucket);
    return bucket;
  }
}
