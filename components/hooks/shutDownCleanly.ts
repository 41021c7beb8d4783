// Hetzner's provider powers a running server off hard, volumes mounted, when its type or its public addresses change. This hook shuts the
// machine down cleanly before, so that nothing unwritten is lost (DESIGN §3).
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { StepInput } from "../../steps/documents";
import { runStep } from "./runStep";
import { turnsPowerOff } from "./serverChange";
import { valueOf } from "./wait";

/** What the hook has to know beside the server's own outputs, which are not resolved while the server is being changed. */
export interface ShutdownTarget {
  stack: string;
  machine: string;
  ssh: pulumi.Input<StepInput<"shutDown">["ssh"]>;
  api: pulumi.Input<StepInput<"shutDown">["api"]>;
  /** As configured. */
  volumes: readonly { name: string; mountPoint: string }[];
}

const serverOutputs = z.object({
  id: z.coerce.number().optional(),
  name: z.string(),
  serverType: z.string(),
  ipv4Address: z.string().optional(),
  ipv6Address: z.string().optional(),
});

/** Hooks for a machine's server. Plain `pulumi destroy` works with them, unlike with delete hooks (facts 2.28). */
export function shutDownCleanly(name: string, target: ShutdownTarget): pulumi.ResourceHookBinding {
  const hook = new pulumi.ResourceHook(`${name}-shut-down-cleanly`, async ({ id, newInputs, oldInputs, oldOutputs }) => {
    if (!turnsPowerOff(oldInputs, newInputs)) return;
    const server = serverOutputs.parse(oldOutputs);
    const [ssh, api] = await valueOf(pulumi.all([target.ssh, target.api]));
    const document: StepInput<"shutDown"> = {
      version: 1,
      stack: target.stack,
      machine: target.machine,
      server: { id: Number(id), name: server.name },
      address: server.ipv4Address || server.ipv6Address || "",
      ssh,
      api,
      volumes: target.volumes.map(({ name: volume, mountPoint }) => ({ name: volume, mountPoint })),
    };
    await pulumi.log.info(`${target.machine}: shutting down cleanly, as Hetzner powers the server off for this change`);
    await runStep("shutDown", document).catch((error: unknown) => {
      throw new Error(`${target.machine} could not be shut down cleanly, so its server was not changed.\n${String(error)}`);
    });
  });
  return { beforeUpdate: [hook] };
}
