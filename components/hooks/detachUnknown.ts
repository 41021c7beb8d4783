// When an `up` is killed between Hetzner's yes to an attachment and Pulumi's note of it, the volume hangs on the right server without the
// state knowing. Attaching it again would fail for ever. This hook sees that nothing uses it, takes it off and lets the engine try again.
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { StepInput } from "../../steps/documents";
import { type CloudAccess, callCloud } from "../cloud";
import { machineLabels } from "../labels";
import { runStep } from "./runStep";
import { poll, valueOf } from "./wait";

export interface AttachmentTarget {
  cloud: pulumi.Input<CloudAccess>;
  /** What the release step needs; it resolves before the attachment is made. */
  release: pulumi.Output<StepInput<"release">>;
}

const volumeAnswer = z.object({ volume: z.object({ server: z.number().nullable() }) });

interface Holder {
  name: string;
  address?: string;
}

const serverAnswer = z.object({
  server: z.object({
    name: z.string(),
    labels: z.record(z.string(), z.string()),
    public_net: z.object({ ipv4: z.object({ ip: z.string() }).nullish(), ipv6: z.object({ ip: z.string() }).nullish() }),
  }),
});

/** The server that has the volume, if it is one of this machine's: an older state may have been put back. */
async function ownServer(access: CloudAccess, id: number, of: { stack: string; machine: string }): Promise<Holder | undefined> {
  const { server } = serverAnswer.parse(await callCloud(access, "GET", `/servers/${id.toString()}`));
  const isOurs = Object.entries(machineLabels(of.stack, of.machine)).every(([label, value]) => server.labels[label] === value);
  const { ipv4, ipv6 } = server.public_net;
  return isOurs ? { name: server.name, address: ipv4?.ip ?? ipv6?.ip.replace(/::\/64$/, "::1") } : undefined;
}

/** Hooks for an attachment. Plain `pulumi destroy` works with them, unlike with delete hooks (facts 2.28). */
export function detachUnknown(name: string, { cloud, release }: AttachmentTarget): pulumi.ResourceHookBinding {
  const hook = new pulumi.ErrorHook(`${name}-detach-unknown`, async (failure) => {
    const [error = ""] = failure.errors;
    if (failure.failedOperation !== "create" || !error.includes("already_attached")) return false;
    const document = await valueOf(release);
    const access = await valueOf(cloud);
    const path = `/volumes/${document.volume.id.toString()}`;
    const attachedTo = async () => volumeAnswer.parse(await callCloud(access, "GET", path)).volume.server;

    const holder = await attachedTo();
    if (holder === null) return true; // it left meanwhile
    const former: Holder | undefined = holder === document.server.id ? document.server : await ownServer(access, holder, document);
    if (!former) {
      await pulumi.log.error(
        `${document.machine}: the volume ${document.volume.name} is attached to another server, which may be using it, so it was left there. ` +
          "If that server is not needed, shut it down and detach the volume in Hetzner's console; then run `pulumi up` again.",
      );
      return false;
    }
    await pulumi.log.info(
      `${document.machine}: the volume ${document.volume.name} is attached to ${former.name}, which no state knows of; it is released there, then attached anew`,
    );
    // The release knows a server by the machine's host key: whoever has our labels and another key is told nothing, and keeps the volume.
    await runStep("release", {
      ...document,
      ...(former.address && { address: former.address }),
      server: { id: holder, name: former.name },
    });
    try {
      await callCloud(access, "POST", `${path}/actions/detach`);
    } catch (refusal) {
      // An order whose answer was lost is given again, and refused when it has been carried out by then.
      if ((await attachedTo()) !== null) throw refusal;
    }
    await poll(`${document.volume.name} to be detached`, async () => (await attachedTo()) === null);
    return true;
  });
  return { onError: [hook] };
}
