// Bringing the new system onto the store volume while the former server still serves, so that the time in which nobody serves holds no
// download and no build. It spares time and is never needed: where it cannot be done, the take-over brings the system itself.
import type { StepContext } from "../context";
import type { StepInput } from "../documents";
import { type Facts, fileSystemDevice } from "../facts";
import { flakeHash, systemHash } from "../system/flakeFolder";
import { packFolder } from "../system/sendFlake";
import { runScript } from "../ssh/remote";
import { findFormer } from "./storeFormer";

const MINUTE = 60_000;

/**
 * Builds the system on the former server, into the store that will move. The running system, its `/etc/nixos` and its notes are left alone.
 *
 * @param facts of the new server, complete
 * @param flake folder made from them
 * @throws StepError when the build itself fails: it would fail at the take-over too, when nobody serves any more
 */
export async function prepareStore(
  { input, facts, flake }: { input: StepInput<"stage">; facts: Facts; flake: string },
  context: StepContext,
  trouble: { state: string; next: string },
): Promise<void> {
  const volume = facts.storage.volumes.find(({ store }) => store);
  if (!volume) return;
  const { progress } = context;
  progress.phase("bringing the system onto the volume, while the machine serves");
  const later = (why: string): void => progress.say(`${why}; the system is brought onto the volume at the take-over`);

  const former = await findFormer(input, volume, context);
  if ("why" in former) {
    later(former.why);
    return;
  }
  const told = await runScript(context, former.contact.connection, {
    script: "prepareStore",
    args: [fileSystemDevice(volume), facts.machine, systemHash(flakeHash(flake), facts)],
    payload: await packFolder(context, flake, trouble),
    relay: former.name,
    limitMs: 120 * MINUTE,
    ...trouble,
  });
  const system = told.get("prepared");
  if (system === "") {
    later(`${former.name} does not have its store on the volume ${volume.name}`);
    return;
  }
  progress.say(`${system} lies on the volume ${volume.name}`);
}
