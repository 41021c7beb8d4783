import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import type { MachineConfig } from "../config";

/**
 * Hetzner's firewall in front of a machine, or none where the configuration says so. It acts before the first boot.
 *
 * ### Cost
 * Free.
 */
export function machineFirewall(
  name: string,
  config: MachineConfig,
  labels: Record<string, string>,
  opts: pulumi.CustomResourceOptions,
): hcloud.Firewall | undefined {
  if (!config.firewall) return undefined;
  return new hcloud.Firewall(
    `${name}-firewall`,
    {
      name: `${pulumi.getStack()}-${config.name}`,
      labels,
      rules: config.firewall.rules.map(({ protocol, port, from, description }) => ({
        direction: "in",
        protocol,
        ...(port !== undefined && { port }),
        sourceIps: from,
        description,
      })),
    },
    opts,
  );
}
