// The inside of a machine while something runs there: its first process, and how to run more.
import { pause } from "./activity";
import type { Devices } from "./devices";
import type { Namespace, Result } from "./namespace";
import type { World } from "./world";

export abstract class Inside {
  namespace: Namespace | undefined;
  /** Real changes to a machine happen one after the other. */
  private queue: Promise<unknown> = Promise.resolve();

  protected constructor(
    readonly world: World,
    readonly devices: Devices,
  ) {}

  /** Runs one real change after the other. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const done = this.queue.then(work);
    this.queue = done.catch(() => undefined);
    return done;
  }

  /** Runs a program as root on the machine. Requests that it makes count as its own; while it waits, the clock may go on. */
  async work(command: readonly string[]): Promise<Result> {
    const activity = this.world.activities.begin();
    try {
      const ran = this.namespace?.run(command, { env: { EMULATOR_SESSION: activity.name } });
      return (await ran) ?? { code: 255, stdout: "", stderr: "the machine is off" };
    } finally {
      activity.closed();
    }
  }

  /** Waits on the clock on behalf of an activity, for as long as this boot lasts. */
  async waitFor(activity: string, seconds: number): Promise<void> {
    await this.world.activities.waitFor(activity, () => pause(this.world.clock, seconds, this.namespace?.over));
  }

  /** Called by whoever boots as soon as the first process runs. */
  adopt(namespace: Namespace): void {
    this.namespace = namespace;
    void namespace.ended.then(() => {
      if (this.namespace === namespace) this.namespace = undefined;
    });
  }

  /** Every process and every disk of the machine is let go. */
  protected async endNamespace(): Promise<void> {
    const namespace = this.namespace;
    this.namespace = undefined;
    await namespace?.kill();
    await this.devices.released();
  }
}
