// Whether the volumes are what the machine ran with before: asked where they still serve, before they leave, and again before a system that
// runs already mounts them.
import type { StepContext } from "../context";
import type { StepInput } from "../documents";
import { fileSystemDevice, type VolumeFacts } from "../facts";
import type { Connection } from "../ssh/connections";
import type { Contact } from "../ssh/contact";
import { runScript } from "../ssh/remote";
import type { Trouble } from "../stepError";
import { findFormer } from "./storeFormer";
import { howToForget, type Memories, recall } from "./volumeMemory";

const MINUTE = 60_000;

type Ends = Pick<Trouble, "state" | "next">;

/** A volume on the machine that is to use it next, or that serves with it. */
export interface Look {
  connection: Connection;
  volume: VolumeFacts;
  memories: Memories;
  /** On the machine that serves: what it has not mounted says nothing. */
  serving: boolean;
}

/**
 * Looks at one volume without changing it, if anything is remembered of it.
 *
 * @throws StepError when it has another file system than the one that held the machine's data, or is empty
 */
export async function proveKnown(context: StepContext, { connection, volume, memories, serving }: Look, ends: Ends): Promise<void> {
  const memory = memories.get(volume.id);
  if (memory?.fileSystem === undefined) return;
  await runScript(context, connection, {
    script: "knownVolume",
    args: [fileSystemDevice(volume), memory.fileSystem, volume.mountPoint, ...(serving ? ["serving"] : [])],
    limitMs: MINUTE,
    state: ends.state,
    next: `${ends.next} ${howToForget(volume)}`,
  });
}

/**
 * Asks the machine that serves, while it serves: the take-over would refuse the same volume when nobody does. What cannot be asked is
 * passed over, as the take-over looks itself.
 *
 * @param running the machine on the server that is staged, where it is to be installed again
 * @throws StepError as `proveKnown`
 */
export async function proveWhileServing(input: StepInput<"stage">, context: StepContext, ends: Ends, running?: Contact): Promise<void> {
  const memories = await recall(input, context.progress);
  for (const volume of input.facts.storage.volumes) {
    if (memories.get(volume.id)?.fileSystem === undefined) continue;
    const former = await findFormer(input, volume, context);
    const contact = "contact" in former ? former.contact : former.here ? running : undefined;
    if (contact) await proveKnown(context, { connection: contact.connection, volume, memories, serving: true }, ends);
  }
}
