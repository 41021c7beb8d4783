// A server that was powered off (in the console, or by a rescale that was cut off half-way) is powered on again; one that is gone is told
// at once instead of being waited for.
import type { StepContext } from "../context";
import type { StepInput } from "../documents";
import { HetznerError } from "./hetzner";
import { askCloud } from "./reachServer";
import { StepError } from "../stepError";

type Known = Pick<StepInput<"shutDown">, "machine" | "server" | "address" | "ssh" | "api">;

/**
 * What to do when a machine that should be on does not answer, for `awaitMachine`.
 *
 * @returns a function that powers the server on where Hetzner says that it is off, and changes nothing else. It throws a StepError when
 * there is no such server any more
 * @example
 * ```ts
 * await awaitMachine(context, connections, { ...expected, whenSilent: wakeUp(input, context) });
 * ```
 */
export function wakeUp(input: Known, context: StepContext): () => Promise<void> {
  return async () => {
    const cloud = await askCloud(input, context);
    if (!cloud) return;
    if (!cloud.server) throw serverGone(input);
    if (cloud.server.status !== "off") return;
    context.progress.warn(`${input.server.name} is powered off, whoever did that; powering it on`);
    try {
      await cloud.api.powerOn(input.server.id);
    } catch (error) {
      if (!(error instanceof HetznerError)) throw error;
      context.progress.warn(`it could not be powered on: ${error.message}`);
    }
  };
}

function serverGone({ machine, server }: Known): StepError {
  return new StepError({
    what: `The server ${server.name} of ${machine} does not exist any more: it was deleted behind Pulumi's back, in the console for example.`,
    state: "The machine's volumes are kept at Hetzner and lost nothing that was written to them; the machine does not serve.",
    next: "Run `pulumi up --refresh`: Pulumi notices, makes a new server, and that takes the volumes over.",
  });
}
