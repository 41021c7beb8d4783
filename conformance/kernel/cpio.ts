// The archive that a Linux kernel unpacks as its first root file system: cpio in the form "newc".

export interface Entry {
  /** Without a leading slash. Folders stand before what is in them. */
  path: string;
  /** With the type of the file, e.g. 0o100755. */
  mode: number;
  content: Buffer;
}

export const folder = (path: string): Entry => ({ path, mode: 0o040755, content: Buffer.alloc(0) });
export const file = (path: string, content: Buffer, mode = 0o755): Entry => ({ path, mode: 0o100000 | mode, content });
export const link = (path: string, target: string): Entry => ({ path, mode: 0o120777, content: Buffer.from(target) });

/** Everything belongs to root, and nothing has a date: the same entries make the same archive. */
export function cpio(entries: readonly Entry[]): Buffer {
  const trailer: Entry = { path: "TRAILER!!!", mode: 0, content: Buffer.alloc(0) };
  return Buffer.concat([...entries, trailer].flatMap((entry, index) => pieces(entry, index + 1)));
}

function pieces({ path, mode, content }: Entry, inode: number): Buffer[] {
  const name = Buffer.from(`${path}\0`);
  const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const head = Buffer.concat([Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`), name]);
  return [head, padding(head.length), content, padding(content.length)];
}

function padding(length: number): Buffer {
  return Buffer.alloc((4 - (length % 4)) % 4);
}
