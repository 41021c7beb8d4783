// A change for which the server was powered off may fail at Hetzner all the same. The machine then serves again, as it was.
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { type CloudAccess, callCloud } from "../cloud";
import { turnsPowerOff } from "./serverChange";
import { poll, valueOf } from "./wait";

const answer = z.object({ server: z.object({ status: z.string(), server_type: z.object({ name: z.string() }) }) });

/** Hooks for a machine's server. Plain `pulumi destroy` works with them, unlike with delete hooks (facts 2.28). */
export function powerOnAgain(name: string, of: { machine: string; cloud: pulumi.Input<CloudAccess> }): pulumi.ResourceHookBinding {
  const hook = new pulumi.ErrorHook(`${name}-power-on-again`, async ({ id, failedOperation, oldInputs, newInputs }) => {
    if (failedOperation !== "update" || !turnsPowerOff(oldInputs, newInputs)) return false;
    const cloud = await valueOf(of.cloud);
    const look = async () => answer.parse(await callCloud(cloud, "GET", `/servers/${id}`)).server;
    const { status, server_type: type } = await look();
    if (status !== "off") return false;
    await callCloud(cloud, "POST", `/servers/${id}/actions/poweron`);
    await poll(`${of.machine} to be on again`, async () => (await look()).status === "running");
    await pulumi.log.error(
      `${of.machine}: Hetzner did not carry the change out, so its server was switched on again as it was (${type.name}). ` +
        "Nothing was lost. Run `pulumi up` again to retry, or take the change back.",
    );
    return false;
  });
  return { onError: [hook] };
}
