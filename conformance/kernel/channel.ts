// A socket that the virtual machine's program connects to, and on which bytes are awaited one piece after the other.
import { type Server, type Socket, createServer } from "node:net";

export class Channel {
  #server: Server;
  #socket: Socket | undefined;
  #received = Buffer.alloc(0);
  #waiting: (() => void)[] = [];
  #closed: Error | undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on a socket in the file system, for one client. */
  static async listen(path: string): Promise<Channel> {
    const server = createServer();
    const channel = new Channel(server);
    server.on("connection", (socket) => {
      channel.#socket = socket;
      socket.on("data", (data) => {
        channel.#received = Buffer.concat([channel.#received, data]);
        channel.#wake();
      });
      socket.on("error", () => undefined);
      socket.on("close", () => {
        channel.fail("the virtual machine has ended");
      });
      channel.#wake();
    });
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
    return channel;
  }

  /** Whatever is awaited now or later fails with this. */
  fail(why: string): void {
    this.#closed ??= new Error(why);
    this.#wake();
  }

  async write(...pieces: (Buffer | string)[]): Promise<void> {
    while (this.#socket === undefined) await this.#change();
    for (const piece of pieces) this.#socket.write(piece);
  }

  async line(): Promise<string> {
    for (;;) {
      const end = this.#received.indexOf(10);
      if (end >= 0) return (await this.bytes(end + 1)).toString("utf8").trimEnd();
      await this.#change();
    }
  }

  async bytes(count: number): Promise<Buffer> {
    while (this.#received.length < count) await this.#change();
    const piece = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return piece;
  }

  close(): void {
    this.#socket?.destroy();
    this.#server.close();
  }

  #change(): Promise<void> {
    const closed = this.#closed;
    return closed ? Promise.reject(closed) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
