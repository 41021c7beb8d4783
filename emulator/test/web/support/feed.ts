// A reader of the live feed, as plain as a browser's EventSource.

export interface FeedEvent {
  name: string;
  data: unknown;
}

export class Feed {
  private readonly decoder = new TextDecoder();
  private rest = "";

  private constructor(
    private readonly reader: ReadableStreamDefaultReader<Uint8Array>,
    private readonly cut: AbortController,
    readonly response: Response,
  ) {}

  static async open(adminUrl: string, headers: Record<string, string> = {}): Promise<Feed> {
    const cut = new AbortController();
    const response = await fetch(`${adminUrl}/events`, { signal: cut.signal, headers });
    if (!response.body) throw new Error("the feed has no body");
    return new Feed(response.body.getReader(), cut, response);
  }

  /** Reads on until an event of this name fits. @throws Error when the feed ends before */
  async until<T>(name: string, fits: (data: T) => boolean = () => true): Promise<T> {
    for (;;) {
      const event = await this.next();
      if (!event) throw new Error(`the feed has ended without such an event: ${name}`);
      if (event.name === name && fits(event.data as T)) return event.data as T;
    }
  }

  /** Undefined when the feed has ended. */
  async next(): Promise<FeedEvent | undefined> {
    for (;;) {
      const end = this.rest.indexOf("\n\n");
      if (end >= 0) {
        const lines = this.rest.slice(0, end).split("\n");
        this.rest = this.rest.slice(end + 2);
        const field = (name: string): string | undefined => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
        const data = field("data");
        if (data !== undefined) return { name: field("event") ?? "message", data: JSON.parse(data) };
        continue;
      }
      const { done, value } = await this.reader.read();
      if (done) return undefined;
      this.rest += this.decoder.decode(value, { stream: true });
    }
  }

  close(): void {
    this.cut.abort();
  }
}
