// Store paths as they lie on the computer that built them. From here they are copied to machines, as from a binary cache.
import { access, chmod, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execFile } from "node:child_process";
import type { SystemDescription } from "../system";
import { mountsOf } from "./mounts";
import { inStore, storeName } from "./storePath";
import { initrdFile, Link, NIXOS_VERSION, systemFiles, type Tree } from "./systemFiles";

export interface Built {
  /** E.g. `/nix/store/…-nixos-system-devserver-26.05`. */
  path: string;
  /** Names in the store of the system and everything it refers to. */
  closure: string[];
}

export class Store {
  constructor(
    /** Folder of the store paths. */
    readonly folder: string,
  ) {}

  /** Builds a system's store paths, unless they are there. */
  async build(description: SystemDescription): Promise<Built> {
    const mounts = mountsOf(description);
    const trees = new Map<string, Tree>();
    const add = (name: string, tree: Tree): string => {
      const whole = storeName(name, tree);
      trees.set(whole, tree);
      return inStore(whole);
    };
    const kernel = add(`linux-${description.kernel}`, { bzImage: `${description.kernel}\n` });
    const kernelModules = add(`linux-${description.kernel}-modules`, { "lib/modules/version": `${description.kernel}\n` });
    const initrd = add("initrd-linux", { initrd: initrdFile(description, mounts) });
    const parts = description.closure.map((item) => add(item, { name: `${item}\n` }));
    const references = [kernel, kernelModules, initrd, ...parts];
    const name = storeName(`nixos-system-${description.hostName}-${NIXOS_VERSION}`, description);
    trees.set(name, systemFiles(description, mounts, inStore(name), { kernel, initrd, kernelModules, references }));
    for (const [path, tree] of trees) await this.write(path, tree);
    return { path: inStore(name), closure: [...trees.keys()] };
  }

  /** A tar archive of store paths: `store/NAME/...`. */
  pack(names: readonly string[]): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const options = { encoding: "buffer" as const, maxBuffer: 1 << 30 };
      execFile("tar", ["-C", this.folder, "--owner=0", "--group=0", "--mtime=@1", "-cf", "-", "--", ...names], options, (error, stdout) => {
        if (error) reject(new Error(`store paths could not be packed: ${error.message}`));
        else resolve(stdout);
      });
    });
  }

  private async write(name: string, tree: Tree): Promise<void> {
    const whole = join(this.folder, name);
    const there = await access(whole).then(
      () => true,
      () => false,
    );
    if (there) return;
    // Two who build the same at once each have a folder of their own until it is whole.
    const part = join(this.folder, `.${name}.${process.pid}.${Math.random().toString(36).slice(2)}`);
    for (const [path, content] of Object.entries(tree)) {
      const file = join(part, path);
      await mkdir(dirname(file), { recursive: true });
      if (content instanceof Link) await symlink(content.target, file);
      else await writeFile(file, content);
      if (typeof content === "string" && content.startsWith("#!")) await chmod(file, 0o555);
    }
    await mkdir(part, { recursive: true });
    await rename(part, whole).catch(() => rm(part, { recursive: true, force: true }));
  }
}
