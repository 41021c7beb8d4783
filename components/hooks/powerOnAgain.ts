// A change for which the server was powered off may fail at Hetzner all the same. The machine then serves again, as it was.
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { type CloudAccess, callCloud } from "../cloud";
import { addressesOf, turnsPowerOff } from "./serverChange";
import { poll, valueOf } from "./wait";

const answer = z.object({
  server: z.object({
    status: z.string(),
    server_type: z.object({ name: z.string() }),
    public_net: z.object({ ipv4: z.unknown(), ipv6: z.unknown() }),
  }),
});

/** Hooks for a machine's server. Plain `pulumi destroy` works with them, unlike with delete hooks (facts 2.28). */
export function powerOnAgain(name: string, of: { machine: string; cloud: pulumi.Input<CloudAccess> }): pulumi.ResourceHookBinding {
  const hook = new pulumi.ErrorHook(`${name}-power-on-again`, async ({ id, failedOperation, oldInputs = {}, newInputs }) => {
    if (failedOperation !== "update" || !turnsPowerOff(oldInputs, newInputs)) return false;
    const cloud = await valueOf(of.cloud);
    const look = async () => answer.parse(await callCloud(cloud, "GET", `/servers/${id}`)).server;
    const { status, server_type: type, public_net: net } = await look();
    // After a change of addresses that failed the provider has done so itself, and said nothing.
    if (status === "off") {
      await callCloud(cloud, "POST", `/servers/${id}/actions/poweron`);
      await poll(`${of.machine} to be on again`, async () => (await look()).status === "running");
    }
    const lost = addressesOf(oldInputs).filter((family) => !net[family]);
    const how = lost.length === 0 ? "as it was" : `without its ${lost.join(" and ")} address, which Hetzner has taken off it`;
    await pulumi.log.error(
      `${of.machine}: Hetzner did not carry the change out, so its server was switched on again ${how} (${type.name}). ` +
        "Nothing was lost. Run `pulumi up` again to retry, or take the change back.",
    );
    return false;
  });
  return { onError: [hook] };
}
