// A volume that a release has withheld from its machine, and that stayed there all the same.
import type { StepContext } from "../context";
import type { VolumeFacts } from "../facts";
import type { Connection } from "../ssh/connections";
import { runScript } from "../ssh/remote";
import type { Trouble } from "../stepError";
import { encryptedName } from "./encryptedVolumes";

const MINUTE = 60_000;

/** Lets the machine mount a volume that it has a lease on: after a release, nobody but this and a restart does. */
export async function allowMount(
  context: StepContext,
  connection: Connection,
  volume: VolumeFacts,
  trouble: Pick<Trouble, "state" | "next">,
): Promise<void> {
  const args = [volume.device, volume.mountPoint, ...encryptedName(volume)];
  const told = await runScript(context, connection, { script: "allowMount", args, limitMs: 10 * MINUTE, ...trouble });
  if (told.get("allowed") === "now") context.progress.say(`${volume.mountPoint} had been released on this server and may be mounted again`);
}
