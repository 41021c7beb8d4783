// Which volume is a machine's is said by labels alone, and the next `pulumi up` looks at nothing else.
import { MACHINE_LABEL, PURPOSE_LABEL, STACK_LABEL, labelValue } from "../../components/labels";
import { COPY_LABEL, type CloudVolume, FORMER_LABEL } from "./cloud";
import type { StackVolumes } from "./view";

export interface HandOver {
  adopted: CloudVolume;
  /** Those that had its place; they are kept. */
  formers: CloudVolume[];
  machine: string;
  /** The volume's name in the configuration of the machine. */
  purpose: string;
}

/**
 * Makes one volume the machine's in place of another. First the new one is labelled, then the former one loses its label: cut off in
 * between, two volumes claim to be the same, which `pulumi up` refuses in words. The other way round it would make an empty one.
 */
export async function handOver(
  { cloud, stack }: Pick<StackVolumes, "cloud" | "stack">,
  { adopted, formers, machine, purpose }: HandOver,
): Promise<void> {
  const ours = { [STACK_LABEL]: labelValue(stack), [MACHINE_LABEL]: machine, [PURPOSE_LABEL]: purpose, [FORMER_LABEL]: undefined };
  if (!adopted.isProtected) await cloud.protect(adopted.id, true);
  await cloud.relabel(adopted, ours);
  // What had the place is whole, also where the last line of its own hand-over was cut off.
  const replaced = { [PURPOSE_LABEL]: undefined, [FORMER_LABEL]: purpose, [COPY_LABEL]: undefined };
  for (const former of formers) await cloud.relabel(former, replaced);
  // Last, because it is what tells a copy that was cut off here from a stranger.
  if (adopted.copyOf !== undefined) await cloud.relabel(adopted, { ...ours, [COPY_LABEL]: undefined });
}
