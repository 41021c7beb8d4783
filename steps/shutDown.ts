// shutDown: a clean end before Hetzner's provider powers the server off hard, which it does for a rescale and for a change of addresses.
import type { StepContext } from "./context";
import type { StepInput, StepOutput } from "./documents";
import { powerDown } from "./power/powerDown";
import { askCloud, reachMachine } from "./cloud/reachServer";

/** @throws StepError when it cannot be made certain that the server is off */
export async function shutDown(input: StepInput<"shutDown">, context: StepContext): Promise<StepOutput<"shutDown">> {
  context.progress.phase(`shutting ${input.server.name} down`);
  const cloud = await askCloud(input, context);
  if (cloud && !cloud.server) return { how: "gone" };
  if (cloud?.server?.status === "off") return { how: "off already" };
  const contact = await reachMachine(input, context);
  return { how: await powerDown({ input, context, api: cloud?.api, contact, volumes: input.volumes ?? [] }) };
}
