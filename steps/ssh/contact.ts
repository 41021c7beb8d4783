// Finding out who answers at a machine's address, and waiting until the right one does. An answer with an unexpected host key is never
// tried again: somebody else may be listening.
import { performance } from "node:perf_hooks";
import type { StepContext } from "../context";
import { StepError } from "../stepError";
import { inWords, patience, poll } from "../waiting";
import type { Connection, Connections } from "./connections";
import { callScript, parseResults, type Unreached } from "./remote";

/** What runs on the server at the moment. */
export type Stage = "cloud image" | "installer" | "nixos";

/** A machine that answered, and proved by its host key who it is. */
export interface Contact {
  connection: Connection;
  stage: Stage;
  /** Changes with every boot. */
  bootId: string;
  hostName: string;
  /** Store path of the active system; empty where it is not NixOS. */
  system: string;
}

/** Which door is knocked at first; the right guess saves a connection. */
export type FirstDoor = "bootstrap" | "final";

export interface Expectation {
  accept: readonly Stage[];
  first?: FirstDoor;
  /** Completes "waiting for …". */
  waitingFor: string;
  /** Multiplied as `patience` says. */
  limitMs: number;
  /** A boot that must be over by now: a contact with this id is not yet the one. */
  notBoot?: string;
  /** Called once, when nobody answers the first knock: the server may be off, or gone. */
  whenSilent?: () => Promise<void>;
  state: string;
  next: string;
}

/** How long a machine may refuse our key while it boots, in milliseconds. */
const DOUBT_MS = 20_000;
/** Time for a script that only looks. */
const LOOK_LIMIT_MS = 40_000;

/**
 * Waits for the machine in one of the accepted stages.
 *
 * @throws StepError at the limit, at once for an unexpected host key
 */
export async function awaitMachine(context: StepContext, connections: Connections, expected: Expectation): Promise<Contact> {
  let refusedSince: number | undefined;
  let last = "it did not answer";
  let { whenSilent } = expected;
  context.progress.say(`waiting for ${expected.waitingFor} (limit ${inWords(patience(expected.limitMs))})`);
  const contact = await poll(expected.limitMs, async () => {
    const answer = await knock(context, connections, expected.first ?? "bootstrap");
    if (typeof answer === "object") {
      if (expected.accept.includes(answer.stage) && answer.bootId !== expected.notBoot) return answer;
      last = answer.bootId === expected.notBoot ? "it has not restarted yet" : `it still runs the ${answer.stage}`;
      return undefined;
    }
    if (answer === "wrong host key") throw wrongHostKey(connections, expected);
    last = answer === "denied" ? "it refuses our key" : "it did not answer";
    refusedSince = answer === "denied" ? (refusedSince ?? performance.now()) : undefined;
    if (answer === "unreachable") {
      await whenSilent?.();
      whenSilent = undefined;
    }
    if (refusedSince !== undefined && performance.now() - refusedSince > patience(DOUBT_MS)) throw denied(connections, expected);
    return undefined;
  });
  if (contact) return contact;
  throw new StepError({
    what: `Waited ${inWords(patience(expected.limitMs))} for ${expected.waitingFor}, in vain: ${last}.`,
    state: expected.state,
    next: expected.next,
  });
}

/** One look, without waiting. */
export async function lookForMachine(context: StepContext, connections: Connections, first: FirstDoor): Promise<Contact | Unreached> {
  return knock(context, connections, first);
}

/** Tries every door, one after the other. A wrong key counts only when no identity fits. */
async function knock(context: StepContext, { bootstrap, final, former }: Connections, first: FirstDoor): Promise<Contact | Unreached> {
  const nixos = former ? [final, former] : [final];
  const doors = first === "final" ? [...nixos, bootstrap] : [bootstrap, ...nixos];
  const answers: { port: number; answer: Unreached }[] = [];
  for (const door of doors) {
    const answer = await knockAt(context, door);
    if (typeof answer === "object") return answer;
    answers.push({ port: door.target.port, answer });
  }
  // Two identities may stand behind one port: only when each was refused there, the key is a stranger's.
  const stranger = answers.some(({ port }) => answers.every((other) => other.port !== port || other.answer === "wrong host key"));
  if (stranger) return "wrong host key";
  return answers.some(({ answer }) => answer === "denied") ? "denied" : "unreachable";
}

async function knockAt(context: StepContext, connection: Connection): Promise<Contact | Unreached> {
  const result = await callScript(context, connection, { script: "whoAreYou", limitMs: LOOK_LIMIT_MS });
  if (result.code !== 0) return result.unreached ?? "unreachable";
  const told = parseResults(result.stdout.toString("utf8"));
  return {
    connection,
    stage: told.get("stage") as Stage,
    bootId: told.get("boot"),
    hostName: told.get("host"),
    system: told.get("system"),
  };
}

function wrongHostKey({ bootstrap, final }: Connections, { state }: Expectation): StepError {
  return new StepError({
    what: `Whoever answers at ${final.target.address} shows a host key that is neither the machine's nor its cloud image's. No connection was made.`,
    state,
    next:
      `Look at the server in the Hetzner console: does it have this address, was it rebuilt or its host key changed by hand? ` +
      `Expected is "${final.target.hostPublicKey}" on port ${final.target.port}, or "${bootstrap.target.hostPublicKey}" on port 22. ` +
      `If the server is not what it should be, recreate the machine.`,
  });
}

function denied({ final }: Connections, { state }: Expectation): StepError {
  return new StepError({
    what: `The machine at ${final.target.address} shows the right host key but refuses the deploy key.`,
    state,
    next: "Put the deploy key back into root's authorized keys by the Hetzner console, or recreate the machine.",
  });
}
