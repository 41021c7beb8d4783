// Bringing a machine's flake to it. tar is everywhere; a flake is small.
import type { StepContext } from "../context";
import type { Connection } from "../ssh/connections";
import { runScript } from "../ssh/remote";
import { StepError } from "../stepError";

const MINUTE = 60_000;

/** Puts the folder beside `/etc/nixos`, where it waits until the system made from it is confirmed. */
export async function sendFlake(
  context: StepContext,
  connection: Connection,
  folder: string,
  trouble: { state: string; next: string },
): Promise<void> {
  const packed = await packFolder(context, folder, trouble);
  await runScript(context, connection, { script: "receiveFlake", payload: packed, limitMs: 5 * MINUTE, ...trouble });
  context.progress.say(`sent the flake (${Math.ceil(packed.length / 1024)} KiB)`);
}

/** A folder's content as a tar.gz, modes kept. */
export async function packFolder(context: StepContext, folder: string, trouble: { state: string; next: string }): Promise<Buffer> {
  const packed = await context.children.run("tar", ["-C", folder, "-czf", "-", "."], { limitMs: MINUTE });
  if (packed.code === 0) return packed.stdout;
  throw new StepError({ what: `The folder ${folder} could not be packed: ${packed.stderr.trim()}`, ...trouble });
}
