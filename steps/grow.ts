// grow: a volume became bigger at Hetzner; its file system follows, while the machine goes on. It is what an update of the lease runs.
import type { StepContext } from "./context";
import { encryptedName } from "./volumes/encryptedVolumes";
import { documents, type StepInput, type StepOutput } from "./documents";
import { openConnections } from "./ssh/connections";
import { awaitMachine } from "./ssh/contact";
import { runScript } from "./ssh/remote";
import { wakeUp } from "./cloud/wakeUp";

const MINUTE = 60_000;
const GIB = 1024 ** 3;

/** @throws StepError when the machine does not answer, or the file system cannot grow */
export async function grow(input: StepInput<"grow">, context: StepContext): Promise<StepOutput<"grow">> {
  const { volume, size, server } = input;
  const { progress } = context;
  const answer = { volume: volume.id, device: volume.device, size };
  if (sizeBefore() === size) {
    // A rotated token, another address: recorded for the release, and nothing the machine has to hear of.
    progress.say(`the volume ${volume.name} has its ${size} GB: nothing to do`);
    return answer;
  }

  progress.phase(`growing the file system of the volume ${volume.name} to ${size} GB`);
  const state = `The volume ${volume.name} has ${size} GB at Hetzner; its file system may still be smaller. It serves on, and its data is whole.`;
  const next = "Run `pulumi up` again: it goes on from here. The file system also grows when the machine starts the next time.";
  const { connection, stage } = await awaitMachine(context, await openConnections(input, context), {
    accept: ["cloud image", "installer", "nixos"],
    first: "final",
    waitingFor: `${server.name} at ${input.address}`,
    limitMs: 5 * MINUTE,
    whenSilent: wakeUp(input, context),
    state,
    next,
  });
  if (stage !== "nixos") {
    progress.say(`NixOS does not run yet (the ${stage} does); it grows the file system when it mounts it`);
    return answer;
  }
  const told = await runScript(context, connection, {
    script: "growVolume",
    args: [volume.device, size * GIB, ...encryptedName(volume)],
    limitMs: 60 * MINUTE,
    relay: "machine",
    state,
    next,
  });
  const [how, mebibytes] = told.get("grown").split(" ");
  progress.say(
    how === "later"
      ? `the file system grows when the volume is mounted the next time`
      : `the file system has ${(Number(mebibytes) / 1024).toFixed(1)} GB${how === "already" ? " already" : ""}`,
  );
  return answer;
}

/** What this lease answered the last time; Pulumi hands it on. */
function sizeBefore(): number | undefined {
  try {
    return documents.grow.output.partial().parse(JSON.parse(process.env.PULUMI_COMMAND_STDOUT ?? "")).size;
  } catch {
    return undefined;
  }
}
