// When an `up` is killed between Hetzner's yes to an attachment and Pulumi's note of it, the volume hangs on the right server without the
// state knowing. Attaching it again would fail for ever. This hook sees that nothing uses it, takes it off and lets the engine try again.
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { StepInput } from "../../steps/documents";
import { type CloudAccess, callCloud } from "../cloud";
import { runStep } from "./runStep";
import { poll, valueOf } from "./wait";

export interface AttachmentTarget {
  cloud: pulumi.Input<CloudAccess>;
  /** What the release step needs; it resolves before the attachment is made. */
  release: pulumi.Output<StepInput<"release">>;
}

const volumeAnswer = z.object({ volume: z.object({ server: z.number().nullable() }) });

/** Hooks for an attachment. Plain `pulumi destroy` works with them, unlike with delete hooks (facts 2.28). */
export function detachUnknown(name: string, { cloud, release }: AttachmentTarget): pulumi.ResourceHookBinding {
  const hook = new pulumi.ErrorHook(`${name}-detach-unknown`, async (failure) => {
    const [error = ""] = failure.errors;
    if (failure.failedOperation !== "create" || !error.includes("already_attached")) return false;
    const document = await valueOf(release);
    const access = await valueOf(cloud);
    const path = `/volumes/${document.volume.id.toString()}`;
    const attachedTo = async () => volumeAnswer.parse(await callCloud(access, "GET", path)).volume.server;

    if ((await attachedTo()) !== document.server.id) {
      await pulumi.log.error(
        `${document.machine}: the volume ${document.volume.name} is attached to another server, which may be using it, so it was left there. ` +
          "If that server is not needed, shut it down and detach the volume in Hetzner's console; then run `pulumi up` again.",
      );
      return false;
    }
    await pulumi.log.info(
      `${document.machine}: an interrupted run had attached the volume ${document.volume.name} already; attaching it anew`,
    );
    await runStep("release", document);
    await callCloud(access, "POST", `${path}/actions/detach`);
    await poll(`${document.volume.name} to be detached`, async () => (await attachedTo()) === null);
    return true;
  });
  return { onError: [hook] };
}
