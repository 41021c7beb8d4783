// The names that a machine gives its cards in private networks.
import type { PrivateCard } from "../../machineHost";

/** A server can be in three networks; their cards sit in slots of their own, and keep them while others come and go. */
const FIRST_SLOT = 7;

export class Cards {
  private readonly slots = new Map<number, number>();

  /** One card a line, as `emulator-network` on the machine reads them: name, MAC address, address, range, gateway. */
  lines(cards: readonly PrivateCard[]): string {
    const present = new Set(cards.map(({ networkId }) => networkId));
    for (const networkId of [...this.slots.keys()]) if (!present.has(networkId)) this.slots.delete(networkId);
    return cards.map((card) => `${this.nameOf(card)} ${card.mac} ${card.ip} ${card.range} ${card.gateway}\n`).join("");
  }

  private nameOf({ networkId }: PrivateCard): string {
    let slot = this.slots.get(networkId);
    if (slot === undefined) {
      const taken = new Set(this.slots.values());
      for (slot = FIRST_SLOT; taken.has(slot); slot++);
      this.slots.set(networkId, slot);
    }
    return `enp${slot}s0`;
  }
}
