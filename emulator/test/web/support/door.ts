// An address that stays while what is behind it is replaced, as a port does when the emulator is started again on it.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class Door {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    /** Port behind it; undefined: nobody is there. */
    private behind: number | undefined,
  ) {}

  static async open(): Promise<Door> {
    const server = createServer((socket) => door.enter(socket));
    const door = new Door(server, undefined);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return door;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** @param url of what is behind it from now on */
  lead(url: string | undefined): void {
    this.behind = url === undefined ? undefined : Number(new URL(url).port);
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.lead(undefined);
    this.server.close();
    await once(this.server, "close");
  }

  private enter(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket)).on("error", () => undefined);
    if (this.behind === undefined) {
      socket.destroy();
      return;
    }
    const inner = connect(this.behind, "127.0.0.1");
    inner.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    socket.on("close", () => inner.destroy());
    socket.pipe(inner).pipe(socket);
  }
}
