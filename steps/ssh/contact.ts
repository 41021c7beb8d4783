// Finding out who answers at a machine's address, and waiting until the right one does. An answer with an unexpected host key is never
// tried again: somebody else may be listening.
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { StepContext } from "../context";
import { StepError } from "../stepError";
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

export interface Expectation {
  accept: readonly Stage[];
  /** What is tried first; saves a connection. */
  first?: keyof Connections;
  /** Completes "waiting for …". */
  waitingFor: string;
  limitMs: number;
  /** A boot that must be over by now: a contact with this id is not yet the one. */
  notBoot?: string;
  state: string;
  next: string;
}

type Answer = Contact | Unreached;

/** How long a machine may refuse our key or show another one while it boots into a new identity, in milliseconds. */
const DOUBT_MS = 20_000;
const CALL_LIMIT_MS = 40_000;

/**
 * Waits for the machine in one of the accepted stages.
 *
 * @throws StepError at the limit, at once for an unexpected host key
 */
export async function awaitMachine(context: StepContext, connections: Connections, expected: Expectation): Promise<Contact> {
  const began = performance.now();
  let doubtSince: number | undefined;
  let last: string;
  context.progress.say(`waiting for ${expected.waitingFor} (limit ${Math.round(expected.limitMs / 60_000)} min)`);
  for (let pause = 100; ; pause = Math.min(pause * 1.5, 2_000)) {
    const answer = await ask(context, connections, expected.first ?? "bootstrap");
    if (typeof answer === "object") {
      if (expected.accept.includes(answer.stage) && answer.bootId !== expected.notBoot) return answer;
      last = answer.bootId === expected.notBoot ? "it has not rebooted yet" : `it still runs the ${answer.stage}`;
    } else if (answer === "wrong host key") {
      throw wrongHostKey(connections, expected);
    } else {
      last = answer === "denied" ? "it refuses our key" : "it did not answer";
      doubtSince = answer === "denied" ? (doubtSince ?? performance.now()) : undefined;
      if (doubtSince !== undefined && performance.now() - doubtSince > DOUBT_MS) throw denied(connections, expected);
    }
    if (performance.now() - began > expected.limitMs) throw tooLate(connections, expected, last);
    await sleep(pause);
  }
}

/** One look, without waiting. @returns undefined when nobody answers */
export async function lookForMachine(
  context: StepContext,
  connections: Connections,
  first: keyof Connections,
): Promise<Contact | "wrong host key" | undefined> {
  const answer = await ask(context, connections, first);
  return typeof answer === "object" || answer === "wrong host key" ? answer : undefined;
}

/** Tries both identities; a wrong key counts only when no identity fits. */
async function ask(context: StepContext, connections: Connections, first: keyof Connections): Promise<Answer> {
  const one = await askOne(context, connections[first]);
  if (typeof one === "object") return one;
  const two = await askOne(context, connections[first === "final" ? "bootstrap" : "final"]);
  if (typeof two === "object") return two;
  const answers = [one, two];
  if (connections.bootstrap.target.port === connections.final.target.port) {
    // Both asked the same door: each identity must have been refused.
    return answers.every((answer) => answer === "wrong host key")
      ? "wrong host key"
      : answers.includes("denied")
        ? "denied"
        : "unreachable";
  }
  return answers.includes("wrong host key") ? "wrong host key" : answers.includes("denied") ? "denied" : "unreachable";
}

async function askOne(context: StepContext, connection: Connection): Promise<Answer> {
  const result = await callScript(context, connection, { script: "whoAreYou", limitMs: CALL_LIMIT_MS });
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
    next: "Put the deploy key (stack output, facts `ssh.deployKey`) back into root's authorized keys by the Hetzner console, or recreate the machine.",
  });
}

function tooLate({ final }: Connections, { waitingFor, limitMs, state, next }: Expectation, last: string): StepError {
  return new StepError({
    what: `Waited ${Math.round(limitMs / 1000)} s for ${waitingFor} at ${final.target.address}, in vain: ${last}.`,
    state,
    next,
  });
}
