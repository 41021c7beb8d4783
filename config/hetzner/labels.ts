// The grammar of labels, from Hetzner's API description. The API refuses a wrong one only once the first things are made.

const NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export function isLabelKey(key: string): boolean {
  const slash = key.indexOf("/");
  if (slash < 0) return NAME.test(key);
  const prefix = key.slice(0, slash);
  return prefix.length <= 253 && prefix.split(".").every((part) => DNS_LABEL.test(part)) && NAME.test(key.slice(slash + 1));
}

export function isLabelValue(value: string): boolean {
  return value === "" || NAME.test(value);
}

/** Who owns a key's prefix, where it is not the user's to take. */
export function ownerOfLabelKey(key: string): string | undefined {
  if (key.startsWith("nixos-vps/")) return "this program, which finds its volumes again by such labels";
  if (key.startsWith("hetzner.cloud/")) return "Hetzner";
  return undefined;
}
