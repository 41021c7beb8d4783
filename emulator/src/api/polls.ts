// Clients that wait ask the same again and again. Such a poll must neither take virtual time nor keep it from passing.
import type { World } from "../model/world";

/** The same question again within this time is a poll. */
const POLL_GAP_MS = 5_000;

export class Polls {
  /** When a question was last asked, in real milliseconds. */
  private readonly asked = new Map<string, { at: number; gap: number }>();
  /** What lets time go on, by action whose end was not seen yet. */
  private readonly unseen = new Map<number, () => void>();

  constructor(private readonly world: World) {
    world.actions.onEnd((action) => this.waitForPollers(action.id));
  }

  /** A request comes: it takes its time, unless it is a poll. */
  async arrive(method: string, url: string): Promise<void> {
    if (method === "GET" && this.isPoll(url)) {
      this.world.clock.seen();
      return;
    }
    await this.world.clock.wait(this.world.latencies.apiRequest * 1000);
  }

  busy<T>(method: string, work: () => Promise<T>): Promise<T> {
    return method === "GET" ? work() : this.world.clock.busy(work);
  }

  private isPoll(url: string): boolean {
    const now = performance.now();
    const last = this.asked.get(url);
    this.asked.set(url, { at: now, gap: last ? now - last.at : 0 });
    for (const [other, { at }] of this.asked) if (now - at > POLL_GAP_MS) this.asked.delete(other);
    this.endsSeen(url);
    return last !== undefined;
  }

  /** Somebody polls for this action: time stands still until they have seen its end. */
  private waitForPollers(actionId: number): void {
    const poll = [...this.asked].find(([url]) => asksFor(url, actionId));
    if (!poll) return;
    const [, { at, gap }] = poll;
    const patience = 3 * Math.max(gap, performance.now() - at) + 50;
    if (patience < POLL_GAP_MS) this.unseen.set(actionId, this.world.clock.hold(patience));
  }

  private endsSeen(url: string): void {
    for (const [actionId, release] of this.unseen) {
      if (!asksFor(url, actionId)) continue;
      release();
      this.unseen.delete(actionId);
    }
  }
}

const asksFor = (url: string, actionId: number): boolean =>
  url.includes(`actions/${actionId}`) || new RegExp(`/actions\\?(.*&)?id=${actionId}(&|$)`).test(url);
