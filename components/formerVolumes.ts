// Which volumes the stack's last `up` knew, from its own outputs: they outlive a refresh, which takes a volume that is gone out of the state,
// and a failed `up`; `pulumi destroy` ends them.
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

/** Ids by machine and purpose. */
export type FormerVolumes = Record<string, Record<string, number>>;

const known = z.object({
  outputs: z.object({ machines: z.record(z.string(), z.object({ volumeIds: z.record(z.string(), z.number()) })) }),
});

/**
 * To be awaited before the first resource is declared: a hook that asks the engine for this waits for one of the places that the hooks
 * themselves take, and with as many machines as places (`--parallel`) for ever.
 */
export async function formerVolumes(): Promise<FormerVolumes> {
  const name = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  const parsed = known.safeParse(await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name }));
  if (!parsed.success) return {};
  const { machines } = parsed.data.outputs;
  return Object.fromEntries(Object.entries(machines).map(([machine, { volumeIds }]) => [machine, volumeIds]));
}
