// What can be known of a server that may be gone, off, dead or well, with a token that may have been revoked.
import type { StepContext } from "../context";
import { HetznerApi, HetznerError, type HetznerServer } from "./hetzner";
import { type Connections, openConnections } from "../ssh/connections";
import { type Contact, lookForMachine } from "../ssh/contact";
import { StepError } from "../stepError";
import type { StepInput } from "../documents";

type Known = Pick<StepInput<"shutDown">, "machine" | "server" | "address" | "ssh" | "api">;

/** The API, as far as it answers. */
export interface Cloud {
  api: HetznerApi;
  /** Undefined when there is no such server any more. */
  server: HetznerServer | undefined;
}

/**
 * Asks the API.
 *
 * @returns undefined when it cannot be asked (token revoked, no answer): then the machine itself has to do
 */
export async function askCloud({ api: told, server }: Known, { progress }: StepContext): Promise<Cloud | undefined> {
  const api = HetznerApi.forStep(told);
  try {
    return { api, server: await api.server(server.id) };
  } catch (error) {
    if (!(error instanceof HetznerError)) throw error;
    const hint = error.unauthorized ? " (the token was revoked? HCLOUD_TOKEN in the environment comes first)" : "";
    progress.warn(`${error.message}. Going on with ssh alone${hint}`);
    return undefined;
  }
}

/** Some tries, because a connection may fail once; not many, because the machine may be dead. */
const TRIES = 3;

/**
 * Looks for the machine over ssh.
 *
 * @returns undefined when it does not answer
 * @throws StepError when somebody else answers
 */
export async function reachMachine(input: Known, context: StepContext): Promise<Contact | undefined> {
  const connections = await openConnections(input, context);
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const answer = await lookForMachine(context, connections, "final");
    if (typeof answer === "object") return answer;
    if (answer === "wrong host key") throw stranger(connections);
    context.progress.say(`${answer === "denied" ? "our key was refused" : "no answer"} over ssh (try ${attempt} of ${TRIES})`);
  }
  return undefined;
}

function stranger({ final }: Connections): StepError {
  return new StepError({
    what: `Whoever answers at ${final.target.address} shows neither of the machine's host keys, so it was told nothing.`,
    state: "Nothing was changed.",
    next:
      "See in the Hetzner console what that server is. If it is the machine's and its key was changed by hand, power it off there. " +
      "Then run the same command again.",
  });
}
