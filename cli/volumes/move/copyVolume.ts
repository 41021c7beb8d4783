// Copying one volume onto another, device to device: piece by piece, only what differs, compressed, and compared afterwards. What runs a
// second time goes on where the first was cut off, because what is there already does not differ.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { StepContext } from "../../../steps/context";
import { StepError } from "../../../steps/stepError";
import type { Connection } from "../../../steps/ssh/connections";
import { remoteScript, runScript } from "../../../steps/ssh/remote";
import { shellQuote } from "../../../steps/ssh/shim";
import { CHECKOUT } from "../../../toolchain/checkout";

/** In MiB; every size in GB is a whole number of these. */
const PIECE_MIB = 64;
const PIECES_PER_GB = 1024 / PIECE_MIB;
/** Pieces looked at, and sent, in one connection. */
const LOOK = 256;
const SEND = 16;
const HOUR = 60 * 60_000;

/** One end of a copy: a server that has the volume, and uses it for nothing else. */
export interface End {
  connection: Connection;
  device: string;
}

export interface CopyReport {
  pieces: number;
  /** How many of them had to be sent. */
  sent: number;
}

/**
 * Makes one volume equal to another.
 *
 * @param sizeGB of the source; the target is as big or bigger
 * @throws StepError when it did not become equal
 */
export async function copyVolume(context: StepContext, source: End, target: End, sizeGB: number): Promise<CopyReport> {
  const pieces = Array.from({ length: sizeGB * PIECES_PER_GB }, (_, number) => number);
  context.progress.phase(`comparing ${sizeGB} GB at both ends`);
  const tell = (count: number): void => context.progress.say(`${Math.round((100 * count) / pieces.length)} % looked at`);
  const [wanted, found] = await Promise.all([digests(context, source, pieces, tell), digests(context, target, pieces)]);
  const different = pieces.filter((piece) => wanted.get(piece) !== found.get(piece));

  context.progress.phase(`copying ${different.length} of ${pieces.length} pieces of ${PIECE_MIB} MiB`);
  for (let at = 0; at < different.length; at += SEND) {
    await send(context, source, target, different.slice(at, at + SEND));
    context.progress.say(`${Math.min(at + SEND, different.length)} of ${different.length} pieces`);
  }

  context.progress.phase("comparing what was copied");
  // The others were equal a moment ago, and nobody else has either volume.
  const now = await digests(context, target, different);
  const wrong = different.filter((piece) => wanted.get(piece) !== now.get(piece)).length;
  if (wrong === 0) return { pieces: pieces.length, sent: different.length };
  throw new StepError({
    what: `${wrong} of ${pieces.length} pieces of the copy are not what the original has.`,
    state: STATE,
    next: "Run the same command again: it copies what differs. If it stays like this, one of the two volumes cannot be read or written reliably: write to Hetzner.",
  });
}

const STATE = "The original was not changed and is still the machine's volume; the copy is not finished.";
const NEXT = "Run the same command again: it goes on from here.";

/** @returns by piece; a piece that was not told of is missing, and so is equal to none */
async function digests(
  context: StepContext,
  { connection, device }: End,
  pieces: number[],
  tell: (count: number) => void = () => undefined,
): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for (let at = 0; at < pieces.length; at += LOOK) {
    const told = await runScript(context, connection, {
      script: "chunkDigests",
      args: [device, PIECE_MIB, ...pieces.slice(at, at + LOOK)],
      limitMs: 2 * HOUR,
      state: STATE,
      next: NEXT,
    });
    for (const line of told.all("chunk")) {
      const [piece, digest = ""] = line.split(" ");
      found.set(Number(piece), digest);
    }
    tell(Math.min(at + LOOK, pieces.length));
  }
  return found;
}

async function send(context: StepContext, source: End, target: End, pieces: number[]): Promise<void> {
  const side = async (script: string, { connection, device }: End): Promise<string[]> => {
    const file = join(context.workspace, `${script}.sh`);
    await writeFile(file, await remoteScript(script), { mode: 0o600 });
    const command = ["bash", "-s", "--", ...[device, PIECE_MIB, ...pieces].map((word) => shellQuote(String(word)))].join(" ");
    return [connection.files.config, connection.target.address, command, file];
  };
  const args = [...(await side("sendChunks", source)), ...(await side("receiveChunks", target))];
  const { code, stderr } = await context.children.run(join(CHECKOUT, "cli", "volumes", "move", "relay"), args, { limitMs: 2 * HOUR });
  if (code === 0) return;
  const words = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("Warning: Permanently added"));
  throw new StepError({
    what: `Copying was cut off: ${words.slice(-6).join("\n") || `exit code ${String(code)}`}`,
    state: STATE,
    next: NEXT,
  });
}
