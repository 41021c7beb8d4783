// What a running NixOS serves: its services' ports answer on the computer's loopback like its sshd, and the time line is told whether all
// of it is there.
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Machine } from "./machine";

export class UnitPorts {
  private readonly open = new Map<number, Server>();
  private looking: Promise<void> | undefined;
  private again = false;

  constructor(private readonly machine: Machine) {}

  /** Looks at the machine once more; calls that come while it looks share the next look. */
  async look(): Promise<void> {
    if (this.looking) {
      this.again = true;
      return this.looking;
    }
    this.looking = this.lookUntilCalm().finally(() => (this.looking = undefined));
    return this.looking;
  }

  async close(): Promise<void> {
    const { world, id } = this.machine;
    world.served.set(id, undefined);
    await this.listenOn([]);
  }

  private async lookUntilCalm(): Promise<void> {
    for (this.again = true; this.wantsAnother();) await this.lookOnce();
  }

  private wantsAnother(): boolean {
    const wanted = this.again;
    this.again = false;
    return wanted;
  }

  private async lookOnce(): Promise<void> {
    const { machine } = this;
    const { namespace, world } = machine;
    if (!this.runsNixos() || !namespace) return this.close();
    const result = await world.clock.busy(() => namespace.run(["/.emulator/bin/emulator-served"]));
    // It may have begun to shut down meanwhile; what were opened now would outlive it.
    if (machine.namespace !== namespace || !this.runsNixos() || result.code !== 0) return this.close();
    const [hostName = "", ...lines] = result.stdout.trim().split("\n");
    const ports = lines.filter((line) => line.startsWith("port ")).map((line) => Number(line.slice(5)));
    await this.listenOn(ports);
    const whole = lines.includes("whole") && machine.sshds.listening.length > 0 && machine.connection.admits(ports);
    world.served.set(machine.id, whole ? hostName : undefined);
  }

  private runsNixos(): boolean {
    return this.machine.running === "nixos";
  }

  /** A service of the emulator's says nothing: it takes a connection and ends it. */
  private async listenOn(ports: readonly number[]): Promise<void> {
    const { addresses } = this.machine.world;
    for (const [port, server] of this.open) {
      if (ports.includes(port)) continue;
      server.close();
      this.open.delete(port);
      // sshd may have taken the port over, which is its to give up.
      if (!this.machine.sshds.listening.includes(port)) await addresses.unlisten(this.machine.addressList, port);
    }
    for (const port of ports) {
      if (this.open.has(port) || this.machine.sshds.listening.includes(port)) continue;
      const server = createServer((socket) => socket.on("error", () => undefined).end());
      this.open.set(port, server);
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      await addresses.listen(this.machine.addressList, port, (server.address() as AddressInfo).port);
    }
  }
}
