// Reverse DNS names of addresses, kept alike by primary and floating IPs.
import { defaultPtr } from "./addresses";
import { invalidField } from "./errors";

export interface Named {
  type: "ipv4" | "ipv6";
  ip: string;
  dnsPtr: Record<string, string>;
}

/** For IPv4 always one, for IPv6 those that were set. */
export function ptrsOf({ type, ip, dnsPtr }: Named): { ip: string; dns_ptr: string }[] {
  if (type === "ipv4") return [{ ip, dns_ptr: dnsPtr[ip] ?? defaultPtr(ip) }];
  return Object.entries(dnsPtr).map(([address, name]) => ({ ip: address, dns_ptr: name }));
}

export function owns({ type, ip }: Named, address: string): boolean {
  return type === "ipv4" ? address === ip : address.startsWith(ip.replace(/:\/64$/, ""));
}

/** @throws ApiError `invalid_input` when the address is another's */
export function requireOwn(of: Named, address: string): void {
  if (!owns(of, address)) throw invalidField("ip", `'${address}' does not belong to ${of.ip}`);
}

/** @param name null for the default again */
export function setPtr(of: Pick<Named, "dnsPtr">, address: string, name: string | null): void {
  if (name === null) of.dnsPtr = Object.fromEntries(Object.entries(of.dnsPtr).filter(([key]) => key !== address));
  else of.dnsPtr[address] = name;
}
