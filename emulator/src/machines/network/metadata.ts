// What the metadata service tells a machine about itself, at http://169.254.169.254/hetzner/v1/.
import { stringify } from "yaml";
import type { MachineNetwork, MachineSpec } from "../../machineHost";

export type Described = Pick<MachineSpec, "serverId" | "name" | "ipv4" | "authorizedKeys" | "userData">;

/**
 * @param path e.g. `/hetzner/v1/metadata/instance-id`
 * @returns undefined for what there is not
 */
export function metadata(path: string, machine: Described, network: MachineNetwork | undefined): string | undefined {
  if (path === "/hetzner/v1/userdata") return machine.userData;
  const [, key = ""] = /^\/hetzner\/v1\/metadata(?:\/([a-z0-9-]*))?$/.exec(path) ?? [undefined, undefined];
  if (!path.startsWith("/hetzner/v1/metadata")) return undefined;
  const short = {
    ...(network && { "availability-zone": zoneOf(network.location) }),
    hostname: machine.name,
    "instance-id": machine.serverId,
    ...(machine.ipv4 !== null && { "public-ipv4": machine.ipv4 }),
    ...(network && { region: network.networkZone }),
  };
  if (key === "") return stringify({ ...short, "public-keys": machine.authorizedKeys });
  if (key === "private-networks") return stringify(privateNetworks(network));
  if (key === "public-keys") return stringify(machine.authorizedKeys);
  const value = new Map(Object.entries(short)).get(key);
  return value === undefined ? undefined : String(value);
}

function privateNetworks(network: MachineNetwork | undefined): object[] {
  return (network?.cards ?? []).map((card, index) => ({
    ip: card.ip,
    alias_ips: card.aliasIps,
    interface_num: index + 1,
    mac_address: card.mac,
    network_id: card.networkId,
    network_name: card.networkName,
    network: card.range,
    subnet: card.subnet,
    gateway: card.gateway,
  }));
}

/** The metadata service still speaks of data centers, which the API has given up (hetzner-api.md §7); each location has one here. */
const zoneOf = (location: string): string => `${location}-dc1`;
