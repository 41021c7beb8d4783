import ipaddr from "ipaddr.js";

/** Is it a network or a host as Hetzner's firewalls take it: `192.0.2.0/24`, `2001:db8::1/128`, the bits after the prefix zero? */
export function isNetwork(text: string): boolean {
  return ipaddr.isValidCIDR(text) && networkOf(text) === ipaddr.parseCIDR(text)[0].toNormalizedString();
}

/** Words for what is nearly a network. */
export function whyNotNetwork(raw: unknown): string | undefined {
  if (typeof raw !== "string") return undefined;
  if (raw === "any" || raw === "*") return "must be a network. To allow everyone, leave `from` out.";
  if (ipaddr.isValidCIDR(raw)) {
    return `has bits after its prefix, and Hetzner refuses that. The network is ${networkOf(raw)}/${ipaddr.parseCIDR(raw)[1]}.`;
  }
  if (ipaddr.isValid(raw)) return `is a single address. Write it as a network: ${raw}/${ipaddr.parse(raw).kind() === "ipv4" ? 32 : 128}.`;
  return undefined;
}

function networkOf(cidr: string): string {
  const family = ipaddr.parseCIDR(cidr)[0].kind() === "ipv4" ? ipaddr.IPv4 : ipaddr.IPv6;
  return family.networkAddressFromCIDR(cidr).toNormalizedString();
}
