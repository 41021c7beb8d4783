// A server may restart under a step: what a killed run ordered there comes true while the next one is already at work.
import type { StepContext } from "../context";
import { StepError } from "../stepError";
import type { Connections } from "./connections";
import { type Contact, lookForMachine } from "./contact";
import { LostContact } from "./remote";

/** How often work is begun before a lost connection is called a failure. */
const TRIES = 3;

/**
 * Does work that may be begun anew at any time, and begins it anew when the connection is lost under it.
 *
 * @param find waits for the machine, whatever it runs by now
 * @param work its own failures are final
 * @throws StepError of either; LostContact when the connection was lost three times
 */
export async function withContact<T>(
  context: StepContext,
  find: () => Promise<Contact>,
  work: (contact: Contact) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const contact = await find();
    try {
      return await work(contact);
    } catch (error) {
      if (!(error instanceof LostContact) || attempt === TRIES) throw error;
      context.progress.warn(error.trouble.what);
      context.progress.say("what was done so far is not lost; looking for the machine again");
    }
  }
}

/**
 * A failure that may have come from a restart: programs that bring their own ssh do not tell it from others.
 *
 * @returns LostContact with the same words when the contact is over, else the failure as it is
 */
export async function becauseLost(context: StepContext, connections: Connections, contact: Contact, failure: unknown): Promise<unknown> {
  if (!(failure instanceof StepError)) return failure;
  const now = await lookForMachine(context, connections, contact.connection.pin);
  const over = typeof now === "object" ? now.bootId !== contact.bootId : now === "unreachable";
  return over ? new LostContact(failure.trouble) : failure;
}
