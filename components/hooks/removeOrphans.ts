// When an `up` is killed between Hetzner's yes and Pulumi's note of it, a server, key or firewall is left that no state knows. It blocks
// its name, so the next `up` would fail for ever with `uniqueness_error`. This hook removes it, if it provably is one, and tries again.
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { StepInput } from "../../steps/documents";
import { type CloudAccess, callCloud } from "../cloud";
import { MACHINE_LABEL, STACK_LABEL, labelValue, machineSelector } from "../labels";
import { runStep } from "./runStep";
import { poll, valueOf } from "./wait";

const owner = z.object({
  id: z.number(),
  name: z.string(),
  labels: z.record(z.string(), z.string()),
  volumes: z.array(z.number()).optional(),
  applied_to: z.array(z.unknown()).optional(),
  public_net: z.object({ ipv4: z.object({ ip: z.string() }).nullish(), ipv6: z.object({ ip: z.string() }).nullish() }).optional(),
});
type Owned = z.infer<typeof owner>;

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
  /** By which it is found out whether a server is a live one. */
  ssh: pulumi.Input<StepInput<"identify">["ssh"]>;
}

/** Hooks for the resources of one machine. Plain `pulumi destroy` works with them, unlike with delete hooks (facts 2.28). */
export function removeOrphans(name: string, of: OrphanOwner): pulumi.ResourceHookBinding {
  const hook = new pulumi.ErrorHook(`${name}-remove-orphan`, async (failure) => {
    const [error = ""] = failure.errors;
    if (failure.failedOperation === "delete") return explainGone(of, failure);
    if (failure.failedOperation !== "create") return false;
    const cloud = await valueOf(of.cloud);
    if (error.includes("resource_unavailable")) return explainStock(cloud, of, failure);
    const collection = COLLECTIONS[failure.type];
    if (!collection || !error.includes("uniqueness_error")) return false;
    const wanted = z.object({ name: z.string() }).safeParse(failure.newInputs);
    if (!wanted.success) return false;

    const answer = await callCloud(cloud, "GET", `/${collection}?name=${encodeURIComponent(wanted.data.name)}`);
    const found = z.array(owner).parse((answer as Record<string, unknown>)[collection]);
    const [orphan] = found;
    if (!orphan || !isOurs(orphan, of) || isUsed(orphan)) return false;
    if (collection === "servers" && (await isLive(orphan, of))) return false;
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

/**
 * Hetzner's provider takes a server that is gone for a failure to delete it (facts 3.1), and no hook can tell the engine otherwise: it would
 * only try again.
 */
async function explainGone(of: OrphanOwner, { errors: [error = ""], type }: pulumi.ErrorHookArgs): Promise<false> {
  if (COLLECTIONS[type] === "servers" && error.includes("not_found")) {
    await pulumi.log.error(
      `${of.machine}: the server that was to be deleted is gone already (deleted in the console, or by an \`up\` that was cut off just then). ` +
        "Nothing is wrong with the machine. Run `pulumi up --refresh`: Pulumi takes note of it.",
    );
  }
  return false;
}

async function explainStock(cloud: CloudAccess, of: OrphanOwner, failure: pulumi.ErrorHookArgs): Promise<false> {
  const wanted = z.object({ serverType: z.string(), location: z.string() }).safeParse(failure.newInputs);
  const what = wanted.success ? `${wanted.data.serverType} is not available in ${wanted.data.location}` : "The server is not available";
  const selector = machineSelector(of.stack, of.machine);
  const { servers } = z.object({ servers: z.array(owner) }).parse(await callCloud(cloud, "GET", `/servers?label_selector=${selector}`));
  const before = servers[0] ? ` The machine's server ${servers[0].name} was not touched and still serves.` : "";
  await pulumi.log.error(
    `${of.machine}: ${what} right now.${before} Nothing was lost. Run \`pulumi up\` again later, or choose another serverType in the stack's configuration.`,
  );
  return false;
}

/**
 * Whether a server is the machine itself and not what an interrupted run left. It is when NixOS answers on it: `pulumi up --replace` asks
 * for the name of a server that the state holds, and a machine without volumes shows no other sign of life.
 */
async function isLive(server: Owned, of: OrphanOwner): Promise<boolean> {
  const [ssh, api] = await valueOf(pulumi.all([of.ssh, of.cloud]));
  const { stage } = await runStep("identify", {
    version: 1,
    stack: of.stack,
    machine: of.machine,
    server: { id: server.id, name: server.name },
    address: server.public_net?.ipv4?.ip ?? server.public_net?.ipv6?.ip.replace(/::\/64$/, "::1") ?? "",
    ssh,
    api,
  });
  return stage === "nixos";
}

function isOurs(thing: Owned, { stack, machine }: OrphanOwner): boolean {
  return thing.labels[STACK_LABEL] === labelValue(stack) && thing.labels[MACHINE_LABEL] === machine;
}

function isUsed(thing: Owned): boolean {
  return (thing.volumes?.length ?? 0) > 0 || (thing.applied_to?.length ?? 0) > 0;
}
