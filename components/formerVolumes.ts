// Which volumes the stack's last `up` knew, and what was on them, from its own outputs: they outlive a refresh, which takes a volume that is
// gone out of the state, and a failed `up`, and are the same on every computer; `pulumi destroy` ends them.
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

export interface FormerVolume {
  id: number;
  /** UUID of its file system; undefined where nothing was on it, or an earlier version of this program did not say. */
  fileSystem?: string;
}

/** By machine and purpose. */
export type FormerVolumes = Record<string, Record<string, FormerVolume>>;

const machine = z.object({
  volumeIds: z.record(z.string(), z.number()),
  fileSystems: z.record(z.string(), z.string()).optional(),
});
const known = z.object({ outputs: z.object({ machines: z.record(z.string(), machine) }) });

/**
 * To be awaited before the first resource is declared: a hook that asks the engine for this waits for one of the places that the hooks
 * themselves take, and with as many machines as places (`--parallel`) for ever.
 */
export async function formerVolumes(): Promise<FormerVolumes> {
  const name = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  const parsed = known.safeParse(await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name }));
  if (!parsed.success) return {};
  return mapValues(parsed.data.outputs.machines, ({ volumeIds, fileSystems = {} }) =>
    mapValues(volumeIds, (id, purpose) => ({ id, fileSystem: fileSystems[purpose] })),
  );
}

/** What was on those of a machine's volumes that are still the same, by purpose: another one in their place owes nobody anything. */
export function fileSystemsBefore(
  former: FormerVolumes[string] | undefined,
  volumes: readonly { name: string; id: number }[],
): Record<string, string> {
  const known = volumes.map(({ name, id }) => [name, former?.[name]?.id === id ? former[name].fileSystem : undefined] as const);
  return Object.fromEntries(known.flatMap(([name, fileSystem]) => (fileSystem === undefined ? [] : [[name, fileSystem]])));
}

function mapValues<T, U>(record: Record<string, T>, change: (value: T, key: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}
