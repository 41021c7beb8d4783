// When was a machine served? The time line of all servers that ran under a NixOS host name.
export interface ServedTimeline {
  /**
   * Virtual milliseconds between two moments in which nothing was served under this host name. Served means: NixOS of that name runs, all
   * mounts of its system are mounted, its multi-user target is reached and its service ports answer.
   */
  unserved(hostName: string, from: number, to: number): number;
  isServed(hostName: string): boolean;
}

interface Span {
  serverId: number;
  from: number;
  /** Infinity while it lasts. */
  to: number;
}

export class Served implements ServedTimeline {
  private readonly spans = new Map<string, Span[]>();

  constructor(private readonly now: () => number) {}

  unserved(hostName: string, from: number, to: number): number {
    let at = from;
    let gaps = 0;
    for (const span of [...(this.spans.get(hostName) ?? [])].sort((a, b) => a.from - b.from)) {
      if (span.to <= at || span.from >= to) continue;
      gaps += Math.max(0, span.from - at);
      at = Math.max(at, Math.min(span.to, to));
    }
    return gaps + Math.max(0, to - at);
  }

  isServed(hostName: string): boolean {
    return (this.spans.get(hostName) ?? []).some((span) => span.to === Infinity);
  }

  /** A server serves under a host name, or no longer. */
  set(serverId: number, hostName: string | undefined): void {
    for (const [name, spans] of this.spans) {
      for (const span of spans) if (span.serverId === serverId && span.to === Infinity && name !== hostName) span.to = this.now();
    }
    if (hostName === undefined) return;
    const spans = this.spans.get(hostName) ?? [];
    this.spans.set(hostName, spans);
    if (!spans.some((span) => span.serverId === serverId && span.to === Infinity)) spans.push({ serverId, from: this.now(), to: Infinity });
  }
}
