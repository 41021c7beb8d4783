// What happened, in order: API requests, ssh sessions and commands, power and boot, mounts, and what must never happen.

export interface Entry {
  /** Running number. */
  n: number;
  /** Virtual milliseconds. */
  at: number;
  /** Wall clock, milliseconds since 1970, to merge with logs of others. */
  wall: number;
  kind: "api" | "action" | "ssh" | "machine" | "violation";
  serverId?: number;
  /** E.g. `POST /volumes/:id/actions/detach`, `boot nixos`, `volume 7 detached while mounted at /home`. */
  text: string;
  /** Status code of an API request. */
  status?: number;
  /** The request's path with real ids, e.g. `/volumes/17/actions/detach`. */
  path?: string;
}

export class Journal {
  readonly entries: Entry[] = [];
  private readonly listeners = new Set<(entry: Entry) => void>();

  constructor(private readonly now: () => number) {}

  add(entry: Omit<Entry, "n" | "at" | "wall">): Entry {
    const whole: Entry = { n: this.entries.length, at: this.now(), wall: Date.now(), ...entry };
    this.entries.push(whole);
    for (const listener of this.listeners) listener(whole);
    return whole;
  }

  /** @returns a function that ends the subscription */
  onEntry(listener: (entry: Entry) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  violations(): Entry[] {
    return this.entries.filter((entry) => entry.kind === "violation");
  }
}
