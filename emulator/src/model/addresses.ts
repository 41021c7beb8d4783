// Addresses of the emulated internet: IPv4 from the range reserved for benchmarks (RFC 2544), IPv6 from the one reserved for
// documentation (RFC 3849), so that none can ever be anybody's.

const V4_FIRST = ip4(198, 18, 0, 2);
const V4_LAST = ip4(198, 19, 255, 254);

/** The lowest address that is free. */
export function freeIpv4(taken: Set<string>): string {
  for (let number = V4_FIRST; number <= V4_LAST; number++) {
    const text = [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");
    // Hetzner gives out neither network nor broadcast addresses of a /24 either.
    if (!/\.(0|255)$/.test(text) && !taken.has(text)) return text;
  }
  throw new Error("all 131068 addresses of 198.18.0.0/15 are in use");
}

/** The lowest /64 that is free, e.g. `2001:db8:0:1::/64`. */
export function freeIpv6(taken: Set<string>): string {
  for (let number = 1; number <= 0xffff; number++) {
    const text = `2001:db8:0:${number.toString(16)}::/64`;
    if (!taken.has(text)) return text;
  }
  throw new Error("all 65535 networks of 2001:db8::/48 are in use");
}

/** A server's own address in its /64: the first. */
export const firstAddress = (network: string): string => network.replace(/\/64$/, "1");

/** The name that an address has until somebody gives it another. */
export function defaultPtr(ip: string): string {
  return ip.includes(":") ? "" : `static.${ip.split(".").reverse().join(".")}.clients.your-server.de`;
}

function ip4(a: number, b: number, c: number, d: number): number {
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** A locally administered address for network card number `number`. */
export function macAddress(number: number): string {
  const hex = number.toString(16).padStart(8, "0");
  return `96:00:${(hex.match(/../g) ?? []).slice(-4).join(":")}`;
}
