// identify: who answers at a server's address, by one look at each door. Touches nothing.
import type { StepContext } from "./context";
import type { StepInput, StepOutput } from "./documents";
import { openConnections } from "./ssh/connections";
import { lookForMachine } from "./ssh/contact";
import { StepError } from "./stepError";

/** Seconds for a door to open: this asks what is there now, and waits for nothing to boot. */
const CONNECT_SECONDS = 5;

/** @throws StepError when somebody answers who cannot be told for certain */
export async function identify(input: StepInput<"identify">, context: StepContext): Promise<StepOutput<"identify">> {
  const connections = await openConnections(input, context, { connectSeconds: CONNECT_SECONDS });
  const answer = await lookForMachine(context, connections, "final");
  if (typeof answer === "object") return { stage: answer.stage };
  if (answer === "unreachable") return { stage: null };
  const what =
    answer === "wrong host key"
      ? `Whoever answers at ${input.address} shows neither of the machine's host keys.`
      : `The machine at ${input.address} shows the right host key but refuses the deploy key.`;
  throw new StepError({
    what,
    state: "Nothing was changed.",
    next: `See in the Hetzner console what the server ${input.server.name} is, and delete it there if it is of no use.`,
  });
}
