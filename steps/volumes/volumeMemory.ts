// What is known of a volume beyond what it says of itself: that it held a machine's data, and on which file system. A volume that was wiped
// or formatted looks like a new one, and a machine would begin anew on it without a word.
//
// The stack's outputs say it on every computer (components/formerVolumes.ts). They end with `pulumi destroy`, and a take-over that was
// followed by no switch is not in them, so the operator's computer remembers it too. Labels at Hetzner would outlive a destroy for
// colleagues, but Pulumi shows one that it did not set as drift, and takes it off (seen, also with `ignoreChanges` on its path).
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Progress } from "../progress";
import type { StepInput } from "../documents";
import { type Facts, fileSystemDevice, type VolumeFacts } from "../facts";
import { HetznerApi, HetznerError } from "../cloud/hetzner";
import { stateFolder } from "../operator/stateFolder";

/** A volume of which something is remembered, or will be. */
export interface Memory {
  /** The file it is kept in. */
  file: string;
  /** UUID of the file system that held data when a machine ran with it; undefined when none ever did, as far as this computer knows. */
  fileSystem: string | undefined;
}

/** By the volume's id. */
export type Memories = Map<number, Memory>;

interface Known {
  api: StepInput<"takeOver">["api"];
  facts: Pick<Facts, "storage">;
  /** What the stack's outputs know, which is the same on every computer. */
  fileSystemsBefore?: Record<string, string>;
}

/** Without an answer of the API nothing is remembered: which volume an id means is not certain then. */
export async function recall({ api: access, facts, fileSystemsBefore }: Known, progress: Progress): Promise<Memories> {
  const api = HetznerApi.forStep(access);
  const memories: Memories = new Map();
  try {
    for (const { id, name } of facts.storage.volumes) {
      const volume = await api.volume(id);
      // Ids are unique at Hetzner and not on emulators, which begin anew: the moment of its creation tells two volumes apart.
      const identity = JSON.stringify([access.endpoint, id, volume?.created]);
      const file = join(stateFolder(), "volumes", `${id}-${createHash("sha256").update(identity).digest("hex").slice(0, 12)}`);
      if (!volume) continue;
      if (takenAsItIs(id)) progress.warn(`the volume ${name} (${id}) is taken as it is, whatever it held before`);
      const noted = existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
      memories.set(id, { file, fileSystem: takenAsItIs(id) ? undefined : (fileSystemsBefore?.[name] ?? noted) });
    }
  } catch (error) {
    if (!(error instanceof HetznerError)) throw error;
    progress.warn(`${error.message}. Whether the volumes held data before is not known, so only what is on them counts`);
  }
  return memories;
}

/** Ids of volumes that are taken as they are, for this one run. */
const AS_IT_IS = "NIXOS_VPS_TAKE_VOLUME_AS_IT_IS";

/** What a person is to do who is told that a volume is not what it was. */
export function howToForget({ id }: Pick<VolumeFacts, "id">): string {
  return `If the volume is to be used as it is now: ${AS_IT_IS}=${id} pulumi up`;
}

function takenAsItIs(id: number): boolean {
  return (process.env[AS_IT_IS] ?? "").split(/[\s,]+/).includes(id.toString());
}

/**
 * Notes with which file systems the machine runs now. Of one that holds nothing yet nothing is expected later, nor of one that was taken as
 * it is and is empty: what was known of it before has been forgotten then.
 *
 * @param seen UUIDs by the device that carries the file system, of those that hold something
 */
export function remember({ facts }: Pick<Known, "facts">, memories: Memories, seen: ReadonlyMap<string, string>): void {
  for (const volume of facts.storage.volumes) {
    const [memory, uuid] = [memories.get(volume.id), seen.get(fileSystemDevice(volume))];
    if (!memory) continue;
    // Also where another computer's `up` has told of the same one: this one's own note may be of what was there before.
    if (uuid !== undefined) writeWhole(memory.file, `${uuid}\n`);
    else if (memory.fileSystem === undefined) rmSync(memory.file, { force: true });
  }
}

function writeWhole(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.part`, text, { mode: 0o600 });
  renameSync(`${file}.part`, file);
}
