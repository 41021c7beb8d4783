// When an `up` is killed between Hetzner's yes and Pulumi's note of it, a server, key or firewall is left that no state knows. It blocks
// its name, so the next `up` would fail for ever with `uniqueness_error`. This hook removes it, if it provably is one, and tries again.
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { type CloudAccess, callCloud } from "../cloud";
import { MACHINE_LABEL, STACK_LABEL, labelValue } from "../labels";
import { poll, valueOf } from "./wait";

const owner = z.object({
  id: z.number(),
  name: z.string(),
  labels: z.record(z.string(), z.string()),
  volumes: z.array(z.number()).optional(),
  applied_to: z.array(z.unknown()).optional(),
});

/** Where the API keeps what a resource type makes. */
const COLLECTIONS: Record<string, "servers" | "ssh_keys" | "firewalls"> = {
  "hcloud:index/server:Server": "servers",
  "hcloud:index/sshKey:SshKey": "ssh_keys",
  "hcloud:index/firewall:Firewall": "firewalls",
};

export interface OrphanOwner {
  stack: string;
  machine: string;
  cloud: pulumi.Input<CloudAccess>;
}

/** Hooks for the resources of one machine. Plain `pulumi destroy` works with them, unlike with delete hooks (facts 2.28). */
export function removeOrphans(name: string, of: OrphanOwner): pulumi.ResourceHookBinding {
  const hook = new pulumi.ErrorHook(`${name}-remove-orphan`, async (failure) => {
    const [error = ""] = failure.errors;
    if (failure.failedOperation !== "create") return false;
    if (error.includes("resource_unavailable")) return explainStock(of.machine, failure);
    const collection = COLLECTIONS[failure.type];
    if (!collection || !error.includes("uniqueness_error")) return false;
    const wanted = z.object({ name: z.string() }).safeParse(failure.newInputs);
    if (!wanted.success || wanted.data.name === nameOf(failure.oldInputs)) return false; // the state's own, forced to be replaced under its name

    const cloud = await valueOf(of.cloud);
    const answer = await callCloud(cloud, "GET", `/${collection}?name=${encodeURIComponent(wanted.data.name)}`);
    const found = z.array(owner).parse((answer as Record<string, unknown>)[collection]);
    const [orphan] = found;
    if (!orphan || !isOurs(orphan, of) || isUsed(orphan)) return false;
    await pulumi.log.info(
      `${of.machine}: removing ${orphan.name}, which an interrupted run left at Hetzner; it holds no volume and no state knows it.`,
    );
    const path = `/${collection}/${orphan.id.toString()}`;
    await callCloud(cloud, "DELETE", path);
    await poll(`${orphan.name} to be gone`, async () => (await callCloud(cloud, "GET", path)) === undefined);
    return true;
  });
  return { onError: [hook] };
}

async function explainStock(machine: string, failure: pulumi.ErrorHookArgs): Promise<false> {
  const wanted = z.object({ serverType: z.string(), location: z.string() }).safeParse(failure.newInputs);
  const what = wanted.success ? `${wanted.data.serverType} is not available in ${wanted.data.location}` : "The server is not available";
  const before = failure.oldOutputs ? " The old server still serves." : "";
  await pulumi.log.error(
    `${machine}: ${what} right now.${before} Nothing was lost. Run \`pulumi up\` again later, or choose another serverType in the stack's configuration.`,
  );
  return false;
}

function isOurs(thing: z.infer<typeof owner>, { stack, machine }: OrphanOwner): boolean {
  return thing.labels[STACK_LABEL] === labelValue(stack) && thing.labels[MACHINE_LABEL] === machine;
}

function isUsed(thing: z.infer<typeof owner>): boolean {
  return (thing.volumes?.length ?? 0) > 0 || (thing.applied_to?.length ?? 0) > 0;
}

function nameOf(inputs: unknown): string | undefined {
  const parsed = z.object({ name: z.string() }).safeParse(inputs);
  return parsed.success ? parsed.data.name : undefined;
}
