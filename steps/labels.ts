// The labels by which this project knows its own things at Hetzner again.

export const STACK_LABEL = "nixos-vps/stack";
export const MACHINE_LABEL = "nixos-vps/machine";
export const PURPOSE_LABEL = "nixos-vps/purpose";
/** On a volume: there is LUKS on it, or will be. So that the program need not ask a machine before it refuses. */
export const ENCRYPTED_LABEL = "nixos-vps/encrypted";
/** On a server: how often it is to have been installed again. For people, and for the program to see that the counter was raised. */
export const REINSTALL_LABEL = "nixos-vps/reinstall";

/** On a public address: its server is about to lose it, and then it is nobody's. */
export const GIVEN_UP_LABEL = "nixos-vps/given-up";

/** Labels of everything that belongs to a machine; what a person added comes first, ours win. */
export function machineLabels(stack: string, machine: string, extra: Record<string, string> = {}): Record<string, string> {
  return { ...extra, [STACK_LABEL]: labelValue(stack), [MACHINE_LABEL]: machine };
}

/** What asks Hetzner for everything that carries a machine's labels, as it stands in an address. */
export function machineSelector(stack: string, machine: string, extra: Record<string, string> = {}): string {
  return encodeURIComponent(
    Object.entries({ ...machineLabels(stack, machine), ...extra })
      .map(([label, value]) => `${label}=${value}`)
      .join(","),
  );
}

/** Labels by which a later `up` finds a volume again. */
export function volumeLabels(
  stack: string,
  machine: string,
  { purpose, encrypted }: { purpose: string; encrypted: boolean },
  extra: Record<string, string> = {},
): Record<string, string> {
  return { ...machineLabels(stack, machine, extra), [PURPOSE_LABEL]: purpose, ...(encrypted && { [ENCRYPTED_LABEL]: "true" }) };
}

/** Hetzner allows 63 characters of `[A-Za-z0-9._-]` that begin and end with a letter or digit; Pulumi's stack names are wider. */
export function labelValue(text: string): string {
  return text
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .slice(0, 63)
    .replace(/^[._-]+|[._-]+$/g, "");
}
