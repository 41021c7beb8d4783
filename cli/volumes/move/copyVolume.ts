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
  /** Its name at Hetzner. */
  name: string;
}

/** What a volume says of itself that is to become a copy (beginCopy.sh). */
type Begun = "blank" | "marked" | "other";

export interface CopyReport {
  pieces: number;
  /** How many of them had to be sent. */
  sent: number;
}

/**
 * Makes one volume equal to another.
 *
 * @param source with Hetzner's id of the volume, which stands on the target until the copy is whole
 * @param sizeGB of the source; the target is as big or bigger
 * @throws StepError when it did not become equal, or holds something that is not of this copy
 */
export async function copyVolume(context: StepContext, source: End & { id: number }, target: End, sizeGB: number): Promise<CopyReport> {
  const pieces = Array.from({ length: sizeGB * PIECES_PER_GB }, (_, number) => number);
  context.progress.phase(`comparing ${sizeGB} GB at both ends`);
  const tell = (count: number): void => context.progress.say(`${Math.round((100 * count) / pieces.length)} % looked at`);
  const [wanted, [begun, found]] = await Promise.all([digests(context, source, pieces, tell), stateOf(context, source.id, target, pieces)]);
  const different = pieces.filter((piece) => wanted.get(piece) !== found.get(piece));
  if (begun === "other" && different.length > 0) {
    const first = wanted.get(0);
    const isCopy = !different.includes(0) && first !== undefined && first !== ZERO;
    if (!isCopy || (await begin(context, source.id, target, first)) === "other") throw foreign(target);
  }
  // Whatever is sent, the mark stands in the place of the first piece, which takes it away: so that one comes last.
  const inOrder = different.length === 0 ? [] : [...different.filter((piece) => piece !== 0), 0];

  context.progress.phase(`copying ${inOrder.length} of ${pieces.length} pieces of ${PIECE_MIB} MiB`);
  for (const some of inTurns(inOrder)) {
    await send(context, source, target, some);
    context.progress.say(`${inOrder.indexOf(some.at(-1) ?? 0) + 1} of ${inOrder.length} pieces`);
  }

  context.progress.phase("comparing what was copied");
  // The others were equal a moment ago, and nobody else has either volume.
  const now = await digests(context, target, inOrder);
  const wrong = inOrder.filter((piece) => wanted.get(piece) !== now.get(piece)).length;
  if (wrong === 0) return { pieces: pieces.length, sent: inOrder.length };
  throw new StepError({
    what: `${wrong} of ${pieces.length} pieces of the copy are not what the original has.`,
    state: STATE,
    next: "Run the same command again: it copies what differs. If it stays like this, one of the two volumes cannot be read or written reliably: write to Hetzner.",
  });
}

const STATE = "The original was not changed and is still the machine's volume; the copy is not finished.";
const NEXT = "Run the same command again: it goes on from here.";

/** What a script says of a piece that was never written to. */
const ZERO = "zero";

/** Pieces that go together; the first one of the volume alone. */
function inTurns(pieces: number[]): number[][] {
  const others = pieces.filter((piece) => piece !== 0);
  const turns = Array.from({ length: Math.ceil(others.length / SEND) }, (_, turn) => others.slice(turn * SEND, (turn + 1) * SEND));
  return pieces.includes(0) ? [...turns, [0]] : turns;
}

/** What is on the target: of one that is blank, every byte was read already. */
async function stateOf(context: StepContext, source: number, target: End, pieces: number[]): Promise<[Begun, Map<number, string>]> {
  const begun = await begin(context, source, target);
  if (begun !== "blank") return [begun, await digests(context, target, pieces)];
  return [begun, new Map(pieces.filter((piece) => piece !== 0).map((piece) => [piece, ZERO]))];
}

/** @param first digest of the source's first piece, where the target has the same */
async function begin(context: StepContext, source: number, { connection, device }: End, first?: string): Promise<Begun> {
  const told = await runScript(context, connection, {
    script: "beginCopy",
    args: [device, source, PIECE_MIB, ...(first === undefined ? [] : [first])],
    // Of the largest volume every byte is read.
    limitMs: 24 * HOUR,
    state: STATE,
    next: NEXT,
  });
  const answer = told.get("copy");
  return answer === "blank" || answer === "marked" ? answer : "other";
}

function foreign({ name }: End): StepError {
  return new StepError({
    what: `The volume ${name} is to become the copy, but it holds something else and was not begun by this command, so it is not overwritten.`,
    state: "Nothing was written to it. The original was not changed and is still the machine's volume.",
    next: `See what it is (vps volume list). If nobody needs it: vps volume delete ${name}. Then run the same command again.`,
  });
}

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

async function send(context: StepContext, source: End & { id: number }, target: End, pieces: number[]): Promise<void> {
  const side = async (script: string, { connection }: End, ...args: (string | number)[]): Promise<string[]> => {
    const file = join(context.workspace, `${script}.sh`);
    await writeFile(file, await remoteScript(script), { mode: 0o600 });
    const command = ["bash", "-s", "--", ...[...args, PIECE_MIB, ...pieces].map((word) => shellQuote(String(word)))].join(" ");
    return [connection.files.config, connection.target.address, command, file];
  };
  const args = [...(await side("sendChunks", source, source.device)), ...(await side("receiveChunks", target, target.device, source.id))];
  const { code, stderr } = await context.children.run(join(CHECKOUT, "cli", "volumes", "move", "relay"), args, { limitMs: 2 * HOUR });
  if (code === 0) return;
  const words = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("Warning: Permanently added"));
  throw new StepError({
    what: `Copying was cut off: ${words.slice(-6).join("\n") || `exit code ${String(code)}`}`,
    state: STATE,
    next: NEXT,
  });
}
