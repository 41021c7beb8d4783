// QEMU's own protocol: one JSON object a line, asked for one at a time.
import type { Channel } from "./channel";

interface Message {
  return?: unknown;
  error?: { desc: string };
  event?: string;
  data?: unknown;
}

export class Qmp {
  readonly #channel: Channel;
  #events: Message[] = [];

  private constructor(channel: Channel) {
    this.#channel = channel;
  }

  static async open(channel: Channel): Promise<Qmp> {
    const qmp = new Qmp(channel);
    await qmp.#next();
    await qmp.ask("qmp_capabilities");
    return qmp;
  }

  /** @throws Error with QEMU's words when it refuses */
  async ask(execute: string, args: object = {}): Promise<unknown> {
    await this.#channel.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    for (;;) {
      const message = await this.#next();
      if (message.event !== undefined) this.#events.push(message);
      else if (message.error) throw new Error(`QEMU: ${execute}: ${message.error.desc}`);
      else return message.return;
    }
  }

  /** Waits for an event, which may have come already, whose data have these fields. */
  async event(name: string, data: Readonly<Record<string, unknown>>): Promise<void> {
    const fits = (message: Message): boolean =>
      message.event === name && Object.entries(data).every(([key, value]) => (message.data as Record<string, unknown>)[key] === value);
    for (;;) {
      const at = this.#events.findIndex(fits);
      if (at >= 0) {
        this.#events.splice(at, 1);
        return;
      }
      this.#events.push(await this.#next());
    }
  }

  async #next(): Promise<Message> {
    return JSON.parse(await this.#channel.line()) as Message;
  }
}
