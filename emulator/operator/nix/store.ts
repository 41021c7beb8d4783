// Store paths that nobody built: systems of the emulator's kind, and the disko script that goes with each.
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Store } from "../../src/machines/store/store";
import { inStore, storeName } from "../../src/machines/store/storePath";
import type { SystemDescription } from "../../src/machines/system";

/** disko's modes by the script that nixos-anywhere asks for; each has a form without its tools, which needs less memory. */
const DISKO = /^system\.build\.(disko|mount|format)Script(?:NoDeps)?$/;

export class MadeUpStore {
  private readonly store: Store;

  /** @param folder is made when it is not there */
  constructor(private readonly folder: string) {
    this.store = new Store(join(folder, "paths"));
  }

  /**
   * @param output e.g. `system.build.toplevel`
   * @returns the store path
   * @throws Error for other outputs than nixos-anywhere's
   */
  async build(description: SystemDescription, output: string): Promise<string> {
    await mkdir(this.store.folder, { recursive: true });
    const [, mode] = DISKO.exec(output) ?? [];
    if (mode !== undefined) return this.diskoScript(description, mode);
    if (output !== "system.build.toplevel") throw new Error(`nix build of ${output} is not emulated`);
    const { path, closure } = await this.store.build(description);
    await this.remember(path, closure);
    return path;
  }

  /** Names in the store of a path and everything it refers to. */
  async closureOf(path: string): Promise<string[]> {
    const list = await readFile(this.closureFile(path), "utf8").catch(() => undefined);
    if (list === undefined) throw new Error(`path '${path}' is not valid`);
    return list.split("\n").filter(Boolean);
  }

  /** A tar archive of store paths. */
  pack(names: readonly string[]): Promise<Buffer> {
    return this.store.pack(names);
  }

  private async diskoScript({ disko }: SystemDescription, mode: string): Promise<string> {
    const text = `#!/bin/sh\nexec /.emulator/bin/emulator-disko ${mode} ${disko.device} ${disko.rootFileSystem}\n`;
    const name = storeName(`disko-${mode}`, text);
    const file = join(this.store.folder, name);
    await writeFile(`${file}.part`, text);
    await chmod(`${file}.part`, 0o555);
    await rename(`${file}.part`, file);
    await this.remember(inStore(name), [name]);
    return inStore(name);
  }

  private async remember(path: string, closure: readonly string[]): Promise<void> {
    await writeFile(this.closureFile(path), closure.map((name) => `${name}\n`).join(""));
  }

  private closureFile(path: string): string {
    return join(this.folder, `${path.replace("/nix/store/", "")}.closure`);
  }
}
