import { open, readFile, rename } from "node:fs/promises";
import { z } from "zod";
import { type Snapshot, snapshot } from "./snapshot";

/**
 * A file that holds the cloud's state. It is written beside and renamed, so that whoever is killed leaves the old or the new one, whole.
 */
export class StateFile {
  private writing: Promise<void> | undefined;
  private next: Promise<void> | undefined;

  constructor(
    private readonly path: string,
    private readonly take: () => Snapshot,
  ) {}

  /**
   * @returns nothing when there is no file yet
   * @throws Error that says what is wrong with it, when it is not a state file of this version
   */
  static async read(path: string): Promise<Snapshot | undefined> {
    let text: string;
    try {
      text = await readFile(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
    return checked(path, text);
  }

  /** Resolves when what is so now is in the file. Those who come while it is being written share the next writing. */
  save(): Promise<void> {
    if (!this.writing) {
      this.writing = this.write().finally(() => (this.writing = undefined));
      return this.writing;
    }
    this.next ??= this.writing
      .catch(() => undefined)
      .then(() => {
        this.next = undefined;
        return this.save();
      });
    return this.next;
  }

  private async write(): Promise<void> {
    const beside = `${this.path}.new`;
    const file = await open(beside, "w", 0o600);
    try {
      await file.writeFile(JSON.stringify(this.take()));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, this.path);
  }
}

function checked(path: string, text: string): Snapshot {
  const advice = "Nothing was changed. Move it out of the way to begin with an empty cloud.";
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is not a state file of the emulator: it is not JSON. ${advice}`, { cause: error });
  }
  const result = snapshot.safeParse(document);
  if (!result.success)
    throw new Error(`${path} is not a state file that this version of the emulator reads. ${advice}\n${z.prettifyError(result.error)}`);
  return result.data;
}
