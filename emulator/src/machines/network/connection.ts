// How one machine is connected: what reaches it, which private networks it is in, what it is told about itself.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { MachineNetwork } from "../../machineHost";
import type { Machine } from "../machine";
import type { Namespace } from "../namespace";
import { Cards } from "./cards";
import { isOpen, openPorts, type PortRange } from "./firewall";
import { metadata } from "./metadata";
import { MetadataService } from "./metadataService";

export class Connection {
  /** Resolves when the metadata service of the present boot answers. */
  metadataServed: Promise<void> = Promise.resolve();
  private readonly cards = new Cards();
  private network: MachineNetwork | undefined;

  constructor(private readonly machine: Machine) {
    this.network = machine.spec.network;
  }

  /** Something around the machine has changed. */
  async change(network: MachineNetwork): Promise<void> {
    const { machine } = this;
    this.network = network;
    // Cards with public addresses are changed while a server is off only.
    if (machine.power === "off") Object.assign(machine.spec, { ipv4: network.ipv4, ipv6: network.ipv6 });
    this.guard();
    const { namespace } = machine;
    if (!namespace) return;
    await machine.exclusive(async () => {
      // Another boot has begun meanwhile, which sees them by itself.
      if (machine.namespace !== namespace) return;
      await this.writeCards();
      await namespace.run(["/.emulator/bin/emulator-network"]);
    });
    await machine.look();
  }

  /** Lets in through the firewalls who may come in, before anything listens. */
  guard(): void {
    const { world, addressList } = this.machine;
    for (const address of addressList) world.addresses.filter(address, this.openOn(address));
  }

  /** Whether all these ports can be reached from outside, by one of the machine's addresses at least. */
  admits(ports: readonly number[]): boolean {
    const { addressList } = this.machine;
    return ports.every((port) => addressList.length === 0 || addressList.some((address) => this.isOpen(address, port)));
  }

  /** A file of the boot, from which the machine makes its cards. */
  async writeCards(): Promise<void> {
    await writeFile(join(this.machine.paths.run, "networks"), this.cards.lines(this.network?.cards ?? []));
  }

  /** Starts the metadata service of this boot, for as long as it lasts. */
  serveMetadata(namespace: Namespace): void {
    this.metadataServed = this.serve(namespace);
  }

  private async serve(namespace: Namespace): Promise<void> {
    try {
      const service = await MetadataService.start(namespace, (path) => metadata(path, this.machine.spec, this.network));
      void namespace.ended.then(() => service.close());
    } catch (error) {
      if (!namespace.over.aborted) this.machine.note(error instanceof Error ? error.message : String(error));
    }
  }

  private isOpen(address: string, port: number): boolean {
    const open = this.openOn(address);
    return open === null || isOpen(open, port);
  }

  /** Null: all ports. */
  private openOn(address: string): PortRange[] | null {
    const inbound = this.network?.inbound ?? null;
    return inbound && openPorts(inbound, address, this.machine.world.operator);
  }
}
