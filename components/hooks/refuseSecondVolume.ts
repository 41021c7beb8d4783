// A volume that was deleted in the console, or that lost its labels while the state forgot it, would be made once more by the next `up`:
// empty, in the place of the one that held the data, and without a word.
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { type CloudAccess, callCloud } from "../cloud";
import type { FormerVolumes } from "../formerVolumes";
import { valueOf } from "./wait";

export interface WantedVolume {
  machine: string;
  purpose: string;
  cloud: pulumi.Input<CloudAccess>;
  former: FormerVolumes;
}

const found = z.object({ volume: z.object({ name: z.string() }) });

/**
 * Hooks for a volume that no labels were found for. They refuse to make it, in previews too, where the machine had one at its last `up`.
 * Its way out is the same as for everything that gets another volume: two ups, the first one without it.
 */
export function refuseSecondVolume(name: string, wanted: WantedVolume): pulumi.ResourceHookBinding {
  const hook = new pulumi.ResourceHook(
    `${name}-refuse-second`,
    async () => {
      const id = wanted.former[wanted.machine]?.[wanted.purpose]?.id;
      if (id === undefined) return;
      const answer = await callCloud(await valueOf(wanted.cloud), "GET", `/volumes/${id.toString()}`);
      throw new Error(answer === undefined ? goneWords(wanted, id) : unlabelledWords(wanted, id, found.parse(answer).volume.name));
    },
    { onDryRun: true },
  );
  return { beforeCreate: [hook] };
}

function goneWords({ machine, purpose }: WantedVolume, id: number): string {
  return (
    `${machine}: its volume ${purpose} (${id.toString()}) does not exist at Hetzner any more: it was deleted behind Pulumi's back, in the ` +
    "console for example, and what was on it is lost. An empty one is not put in its place unasked; no volume was made.\n" +
    `If there is another volume with the data: \`vps volume adopt ${machine} ${purpose} --id ID\`, then \`pulumi up\` again. ` +
    `To begin anew with an empty one: take the volume ${purpose} out of the configuration of ${machine} (or ${machine} as a whole), ` +
    "`pulumi up --refresh`, then put it in and `pulumi up` again."
  );
}

function unlabelledWords({ machine, purpose }: WantedVolume, id: number, name: string): string {
  return (
    `${machine}: its volume ${purpose} is still at Hetzner as ${name} (${id.toString()}), but without the labels by which it is found and ` +
    "unknown to Pulumi's state. An empty one is not put in its place; no volume was made.\n" +
    `Give it the labels back: \`vps volume adopt ${machine} ${purpose} --id ${id.toString()}\`, then \`pulumi up\` again.`
  );
}
