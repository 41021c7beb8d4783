// Hetzner's provider takes a public address off a server and then deletes it. An `up` that ends between the two leaves an address that no
// state knows of, and Hetzner bills it for ever (seen). So it is labelled before, and what carries that label and hangs on nothing goes
// when the change has been made at last.
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { type CloudAccess, callCloud } from "../cloud";
import { GIVEN_UP_LABEL, machineLabels, machineSelector } from "../labels";
import { addressesOf, turnsPowerOff } from "./serverChange";
import { valueOf } from "./wait";

const serverAnswer = z.object({
  server: z.object({
    public_net: z.object({ ipv4: z.object({ id: z.number() }).nullish(), ipv6: z.object({ id: z.number() }).nullish() }),
  }),
});

const address = z.object({
  id: z.number(),
  ip: z.string(),
  assignee_id: z.number().nullable(),
  /** False where a person wants to keep it. */
  auto_delete: z.boolean(),
  labels: z.record(z.string(), z.string()),
});

/** Hooks for a machine's server, to stand behind the one that refuses. Plain `pulumi destroy` works with them, unlike with delete hooks (facts 2.28). */
export function giveAddressesBack(
  name: string,
  of: { stack: string; machine: string; cloud: pulumi.Input<CloudAccess> },
): pulumi.ResourceHookBinding {
  const label = new pulumi.ResourceHook(`${name}-label-given-up`, async ({ id, oldInputs = {}, newInputs = {} }) => {
    const stays = addressesOf(newInputs);
    const givenUp = addressesOf(oldInputs).filter((family) => !stays.includes(family));
    if (givenUp.length === 0) return;
    const cloud = await valueOf(of.cloud);
    const { public_net: net } = serverAnswer.parse(await callCloud(cloud, "GET", `/servers/${id}`)).server;
    for (const family of givenUp) {
      const found = net[family];
      if (!found) continue; // taken off by an `up` that was cut off then
      const path = `/primary_ips/${found.id.toString()}`;
      const { labels } = z.object({ primary_ip: address }).parse(await callCloud(cloud, "GET", path)).primary_ip;
      await callCloud(cloud, "PUT", path, { labels: { ...machineLabels(of.stack, of.machine, labels), [GIVEN_UP_LABEL]: "true" } });
    }
  });
  const remove = new pulumi.ResourceHook(`${name}-remove-given-up`, async ({ oldInputs, newInputs }) => {
    if (!turnsPowerOff(oldInputs, newInputs)) return;
    const cloud = await valueOf(of.cloud);
    const selector = machineSelector(of.stack, of.machine, { [GIVEN_UP_LABEL]: "true" });
    const answer = await callCloud(cloud, "GET", `/primary_ips?label_selector=${selector}`);
    for (const { id, ip, assignee_id: holder, auto_delete: goes } of z.object({ primary_ips: z.array(address) }).parse(answer)
      .primary_ips) {
      if (holder !== null || !goes) continue;
      await callCloud(cloud, "DELETE", `/primary_ips/${id.toString()}`);
      await pulumi.log.info(`${of.machine}: removed the address ${ip}, which an interrupted run had taken off the server and not deleted`);
    }
  });
  return { beforeUpdate: [label], afterUpdate: [remove] };
}
