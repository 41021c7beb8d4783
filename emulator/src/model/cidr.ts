// IPv4 ranges of private networks.

export interface Range {
  first: number;
  last: number;
  /** Length of the prefix. */
  bits: number;
}

/** Private ranges of RFC 1918. */
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

/** @returns nothing when it is not an address */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.reduce((number, part) => number * 256 + Number(part), 0);
}

export const formatIpv4 = (number: number): string => [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");

/** @returns nothing when it is not a range in CIDR notation, or has bits set beyond its prefix */
export function parseRange(text: string): Range | undefined {
  const [address = "", prefix = "", ...rest] = text.split("/");
  const first = parseIpv4(address);
  if (first === undefined || rest.length > 0 || !/^\d{1,2}$/.test(prefix) || Number(prefix) > 32) return undefined;
  const size = 2 ** (32 - Number(prefix));
  return first % size === 0 ? { first, last: first + size - 1, bits: Number(prefix) } : undefined;
}

export const formatRange = ({ first, bits }: Range): string => `${formatIpv4(first)}/${bits}`;

export const contains = (outer: Range, inner: Pick<Range, "first" | "last">): boolean =>
  outer.first <= inner.first && inner.last <= outer.last;

export const overlap = (a: Range, b: Range): boolean => a.first <= b.last && b.first <= a.last;

export function isPrivate(range: Range): boolean {
  return PRIVATE.some((text) => {
    const known = parseRange(text);
    return known !== undefined && contains(known, range);
  });
}
