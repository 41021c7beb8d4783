// A program that lives through every resource with an official client, and tells of each chapter as a line of JSON.
import { createInterface } from "node:readline";
import execa from "execa";
import { type ApiEmulator, startEmulator } from "../../emulator/src";
import { lastLines } from "../tools/output";

/** A chapter, or at the end the client's methods that were never called. */
interface Line {
  chapter?: string;
  error?: string;
  calls?: number;
  methods?: number;
  uncalled?: string[];
}

export interface Life {
  facts: string[];
  problems: string[];
}

interface Surroundings {
  env: NodeJS.ProcessEnv;
  detail: (text: string) => void;
}

/** More projects than there are chapters: each has one of its own, so that what one leaves behind is not in another's way. */
const PROJECTS = 60;
const READ_ONLY = "r".repeat(64);
const tokens = Array.from({ length: PROJECTS }, (_, index) => String(index).padStart(64, "c"));

/** Only to end in words what would hang: a whole life takes seconds. */
const LONGEST_MS = 600_000;

/** Runs such a program against an emulator of its own. */
export async function liveThrough(command: string, args: string[], { env, detail }: Surroundings): Promise<Life> {
  const cloud = await startEmulator({
    machines: false,
    tokens: {
      ...Object.fromEntries(tokens.map((token, index) => [token, { project: String(index) }])),
      [READ_ONLY]: { project: "0", readOnly: true },
    },
  });
  try {
    const child = execa(command, args, {
      env: { ...env, HCLOUD_ENDPOINT: cloud.url, HCLOUD_TOKENS: tokens.join(","), HCLOUD_TOKEN_READ_ONLY: READ_ONLY },
      extendEnv: false,
      timeout: LONGEST_MS,
      reject: false,
      buffer: true,
    });
    const lines: Line[] = [];
    if (child.stdout) {
      for await (const text of createInterface({ input: child.stdout })) {
        const line = JSON.parse(text) as Line;
        if (line.chapter !== undefined) detail(line.chapter);
        lines.push(line);
      }
    }
    const { exitCode, stderr, timedOut } = await child;
    const ended = timedOut ? [`it did not end in ${LONGEST_MS / 1000} s`] : [];
    const crashed = lines.at(-1)?.calls === undefined ? [`it broke off (exit code ${exitCode}): ${lastLines(stderr, 10)}`] : [];
    return told(lines, cloud, [...ended, ...crashed]);
  } finally {
    await cloud.stop();
  }
}

function told(lines: Line[], cloud: ApiEmulator, problems: string[]): Life {
  const chapters = lines.filter(({ chapter }) => chapter !== undefined);
  const failed = chapters.filter(({ error }) => error !== undefined);
  const { calls = 0, methods = 0, uncalled = [] } = lines.at(-1) ?? {};
  const requests = cloud.journal.entries.filter(({ kind }) => kind === "api");
  const broken = requests.filter(({ status = 0 }) => status >= 500);
  return {
    facts: [
      `${chapters.length - failed.length} of ${chapters.length} chapters`,
      `${requests.length} requests`,
      ...(methods > 0 ? [`${methods - uncalled.length} of ${methods} methods of the client called, ${calls} times in all`] : []),
    ],
    problems: [
      ...problems,
      ...failed.map(({ chapter = "", error = "" }) => `${chapter}: ${error}`),
      ...(uncalled.length > 0 ? [`never called: ${uncalled.join(", ")}`] : []),
      ...broken.map(({ text, status = 0 }) => `${text} was answered with ${status}`),
    ],
  };
}
