// initialise: the one thing here that makes a file system, and only on a volume that is proved to be empty (remote/initialiseVolume.sh). Not a
// step of `pulumi up`: a person orders it, once in a volume's life, by `vps volume initialise`.
import type { StepContext } from "../context";
import type { StepInput } from "../documents";
import { type Connection, openConnections } from "../ssh/connections";
import { awaitMachine } from "../ssh/contact";
import { runScript } from "../ssh/remote";

const MINUTE = 60_000;
const NEXT = "Mend what it says, then run the same command again.";

/** How long reading a whole volume may take: 10 TB at 300 MB/s, and half as long again. */
const READ_LIMIT_MS = 15 * 60 * MINUTE;

/** What a volume holds: nothing that could be recognised, what a cut-off initialisation has left, or a LUKS. */
export type Found = "nothing" | "unfinished" | "done";

/** A volume on its server, which runs the installer or NixOS. */
export interface Reached {
  connection: Connection;
  found: Found;
}

/**
 * Looks what is on an attached volume. Touches nothing.
 *
 * @throws StepError when it holds what somebody may need, is in use, or its server does not answer
 */
export async function lookAtVolume(input: StepInput<"lease">, context: StepContext): Promise<Reached> {
  const { volume, server } = input;
  const trouble = { state: "Nothing was changed.", next: NEXT };
  context.progress.phase(`looking at the volume ${volume.name}`);
  const { connection } = await awaitMachine(context, await openConnections(input, context), {
    accept: ["installer", "nixos"],
    waitingFor: `${server.name} at ${input.address}`,
    limitMs: 2 * MINUTE,
    ...trouble,
  });
  const told = await runScript(context, connection, {
    script: "initialiseVolume",
    args: ["look", volume.device, volume.name],
    limitMs: 5 * MINUTE,
    ...trouble,
  });
  return { connection, found: told.get("found") as Found };
}

/**
 * Makes LUKS and an ext4 in it, after every byte of the volume was read.
 *
 * @throws StepError when the volume is not empty, or the work was cut off; the same may be done again then
 */
export async function initialiseVolume(
  { volume }: StepInput<"lease">,
  { connection, passphrase }: { connection: Connection; passphrase: string },
  context: StepContext,
): Promise<void> {
  context.progress.phase(`reading the whole volume ${volume.name}, then making LUKS and an ext4 in it`);
  await runScript(context, connection, {
    script: "initialiseVolume",
    args: ["make", volume.device, volume.name],
    payload: Buffer.from(passphrase),
    limitMs: READ_LIMIT_MS,
    relay: "machine",
    state: `The volume ${volume.name} may have an unfinished LUKS on it. There is no data on it.`,
    next: "Run the same command again: it goes on from here.",
  });
}
