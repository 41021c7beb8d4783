// Running our scripts on a machine. Each is a bash file under steps/remote/, sent on stdin, with a payload (a secret, an archive) behind it
// where it needs one: bash reads its script byte by byte and leaves the rest to the commands.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { StepContext } from "../context";
import type { RunResult } from "../operator/children";
import { CHECKOUT } from "../../toolchain/checkout";
import { StepError, type Trouble } from "../stepError";
import type { Connection } from "./connections";
import { shellQuote } from "./shim";

/** Exit code by which a remote script says that it refuses, in words, and changed nothing. */
export const REFUSED = 3;

/** Why a machine did not run what it was sent. */
export type Unreached = "wrong host key" | "denied" | "unreachable";

export interface RemoteResult extends RunResult {
  /** Set when ssh itself failed, before, while or after the script ran. */
  unreached?: Unreached;
}

export interface ScriptCall {
  script: string;
  args?: readonly (string | number)[];
  payload?: Buffer;
  limitMs: number;
  /** Lines of the script's stderr are shown under this name; by default they are kept for the error. */
  relay?: string;
}

/** The connection was lost while a script ran: how far it came is not known, and what was found out before may be over. */
export class LostContact extends StepError {
  constructor(trouble: Trouble) {
    super(trouble);
    this.name = "LostContact";
  }
}

/** Sends a script and waits for its end. A script that fails is a result, not an error. */
export async function callScript(context: StepContext, connection: Connection, call: ScriptCall): Promise<RemoteResult> {
  const command = ["bash", "-s", "--", ...(call.args ?? []).map((arg) => shellQuote(String(arg)))].join(" ");
  const { relay } = call;
  const result = await context.children.run("ssh", ["-T", "-F", connection.files.config, connection.target.address, command], {
    stdin: Buffer.concat([Buffer.from(await remoteScript(call.script)), call.payload ?? Buffer.alloc(0)]),
    limitMs: call.limitMs,
    onLine: relay === undefined ? undefined : (line) => context.progress.relay(relay, line),
  });
  return { ...result, unreached: result.code === 255 || result.code === null ? whyUnreached(result.stderr) : undefined };
}

/**
 * The same for scripts that must succeed.
 *
 * @returns what the script said on stdout
 * @throws StepError with the script's own words; LostContact
 */
export async function runScript(
  context: StepContext,
  connection: Connection,
  call: ScriptCall & { state: string; next: string },
): Promise<ScriptResults> {
  const result = await callScript(context, connection, call);
  if (result.code === 0) return parseResults(result.stdout.toString("utf8"));
  const { state, next } = call;
  // What was relayed was read already; a refusal is worth saying again, as the reason.
  const words = call.relay !== undefined && result.code !== REFUSED ? "its own words stand above" : ownWords(result.stderr);
  if (result.unreached) {
    const Lost = result.unreached === "unreachable" && !result.timedOut ? LostContact : StepError;
    const what = `The connection to ${connection.target.address} was lost during "${call.script}": ${result.timedOut ? `no end after ${call.limitMs / 1000} s` : words}`;
    throw new Lost({ what, state, next });
  }
  const what = result.code === REFUSED ? words : `"${call.script}" failed on the machine (exit code ${result.code}): ${words}`;
  throw new StepError({ what, state: result.code === REFUSED ? "Nothing was changed by this." : state, next });
}

/**
 * A script's text, with the functions that all share in front. It is one function that is called by the last line: so nothing runs before
 * all has arrived, and what stands behind it on stdin is the payload.
 */
export async function remoteScript(name: string): Promise<string> {
  const folder = join(CHECKOUT, "steps", "remote");
  const text = (file: string): Promise<string> => readFile(join(folder, `${file}.sh`), "utf8");
  const own = await text(name);
  const shared = await Promise.all(["shared", ...[...own.matchAll(NEEDS)].map(([, file = ""]) => file)].map(text));
  return `${shared.join("\n")}\nscript() {\n${own}\n}\nscript "$@"; exit\n`;
}

/** How a script says which functions it calls that only few do. */
const NEEDS = /^# Needs (\w+)\.sh\.$/gm;

/** Results of a script: `name value` lines. */
export interface ScriptResults {
  /** First value under this name; empty when there is none. */
  get(name: string): string;
  all(name: string): string[];
}

/** Reads what a script printed. Lines of another form are somebody else's and are passed over. */
export function parseResults(stdout: string): ScriptResults {
  const lines = stdout.split("\n").flatMap((line) => {
    const [, name, value] = /^([a-z][A-Za-z]*)(?: (.*))?$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, value: value ?? "" }];
  });
  const all = (name: string): string[] => lines.filter((line) => line.name === name).map((line) => line.value);
  return { all, get: (name) => all(name)[0] ?? "" };
}

function whyUnreached(stderr: string): Unreached {
  if (
    /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED|no matching host key type found|No \S+ host key is known/.test(
      stderr,
    )
  ) {
    return "wrong host key";
  }
  return /Permission denied|Too many authentication failures/.test(stderr) ? "denied" : "unreachable";
}

function ownWords(stderr: string): string {
  // ssh itself ends its lines as terminals want them.
  const lines = stderr.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("Warning: Permanently added"));
  return lines.slice(-12).join("\n") || "it said nothing";
}
