// Looks at a change of a server before it is made, in previews too: what cannot be done is refused while the machine serves, and what
// erases something is said.
import * as pulumi from "@pulumi/pulumi";
import type { CloudAccess } from "../cloud";
import { REINSTALL_LABEL } from "../labels";
import { type ServerInputs, whyNotChange } from "./serverChange";
import { valueOf } from "./wait";

export interface CheckedServer {
  machine: string;
  cloud: pulumi.Input<CloudAccess>;
  /** Names of the machine's volumes: what a reinstallation keeps. */
  volumes: string[];
}

/** Hooks for a machine's server, to stand before the one that shuts it down. */
export function checkChange(name: string, of: CheckedServer): pulumi.ResourceHookBinding {
  const hook = new pulumi.ResourceHook(
    `${name}-check-change`,
    async ({ id, oldInputs = {}, newInputs = {} }) => {
      const before = oldInputs as ServerInputs;
      const after = newInputs as ServerInputs;
      const why = await whyNotChange(await valueOf(of.cloud), id, before, after);
      if (why !== undefined) throw new Error(`${of.machine} was not touched: ${why}.`);
      if (isReinstalled(before, after)) await pulumi.log.warn(`${of.machine} is installed again on its server: ${whatIsLost(of.volumes)}`);
    },
    { onDryRun: true },
  );
  return { beforeUpdate: [hook] };
}

/** The counter stands on the server as a label, so that the change of it can be seen here. */
function isReinstalled(before: ServerInputs, after: ServerInputs): boolean {
  return counterIn(after) > counterIn(before);
}

function counterIn({ labels }: ServerInputs): number {
  return Number((labels as Record<string, string> | undefined)?.[REINSTALL_LABEL] ?? 0);
}

function whatIsLost(volumes: string[]): string {
  if (volumes.length === 0) return "it has no volumes, so everything on it is lost";
  return `its root disk is erased; what is on ${volumes.length === 1 ? "the volume" : "the volumes"} ${volumes.join(", ")} is kept`;
}
