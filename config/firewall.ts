import type { WrittenMachine } from "./schema";
import type { FirewallRule } from "./types";

type WrittenRule = Exclude<WrittenMachine["firewall"], false>["allow"][number];

const EVERYWHERE = ["0.0.0.0/0", "::/0"];

/** Where the cloud image and the installer listen. */
const INSTALL_PORT = 22;

/**
 * The rules of a machine's firewall: the program's own, without which it would lock itself out, and then the user's.
 *
 * @param sshPort where the finished machine listens
 */
export function firewallRules(allow: readonly WrittenRule[], sshPort: number): FirewallRule[] {
  const ports = sshPort === INSTALL_PORT ? [sshPort] : [sshPort, INSTALL_PORT];
  return [
    // Without ICMP, path MTU discovery fails, and with it connections that seem to hang.
    { protocol: "icmp", port: undefined, from: EVERYWHERE, description: "icmp" },
    ...ports.map((port) => ({
      protocol: "tcp" as const,
      port: String(port),
      from: EVERYWHERE,
      description: port === sshPort ? "ssh" : "ssh of the installer",
    })),
    ...allow.map(({ protocol, port, from = EVERYWHERE }) => ({
      protocol,
      port: port === undefined ? undefined : String(port),
      from,
      description: port === undefined ? protocol : `${protocol} ${port}`,
    })),
  ];
}
