// Firewalls in front of machines. They decide about new connections only: what is connected stays connected, as with any stateful one.
import { BlockList, isIPv6 } from "node:net";
import type { InboundRule } from "../../machineHost";

/** Where the operator's connections come from, in the eyes of firewalls (RFC 5737 and RFC 3849: nobody's addresses). */
export interface Operator {
  ipv4: string;
  ipv6: string;
}

export const OPERATOR: Operator = { ipv4: "192.0.2.1", ipv6: "2001:db8:ffff::1" };

export type PortRange = [first: number, last: number];

/**
 * The TCP ports of an address that the operator gets through to.
 *
 * @param address the machine's, which says whether the operator comes by IPv4 or by IPv6
 */
export function openPorts(inbound: readonly InboundRule[], address: string, operator: Operator): PortRange[] {
  const source = isIPv6(address) ? operator.ipv6 : operator.ipv4;
  return inbound.filter((rule) => rule.protocol === "tcp" && comesFrom(rule, source)).map(({ port }) => portRange(port));
}

export const isOpen = (ranges: readonly PortRange[], port: number): boolean =>
  ranges.some(([first, last]) => first <= port && port <= last);

function comesFrom({ sourceIps }: InboundRule, source: string): boolean {
  const family = isIPv6(source) ? "ipv6" : "ipv4";
  return sourceIps.some((network) => {
    const [address = "", bits = ""] = network.split("/");
    if (isIPv6(address) !== (family === "ipv6")) return false;
    const sources = new BlockList();
    sources.addSubnet(address, Number(bits), family);
    return sources.check(source, family);
  });
}

function portRange(port: string | null): PortRange {
  if (port === null || port === "any") return [1, 65_535];
  const [first = 0, last = first] = port.split("-").map(Number);
  return [first, last];
}
