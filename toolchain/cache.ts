// The folder in which everything is kept that was downloaded or built, shared by all checkouts of a user.
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { randomBytes } from "node:crypto";
import lockfile from "proper-lockfile";

/** A holder of the lock that shows no sign of life for so long is taken for dead. */
const LOCK_STALE_MS = 5_000;
const LOCK_POLL_MS = 250;

export class Cache {
  constructor(readonly root: string) {}

  /** The cache of the user: `$XDG_CACHE_HOME/nixos-vps`, by default `~/.cache/nixos-vps`. */
  static ofUser(env: NodeJS.ProcessEnv): Cache {
    const base = env.XDG_CACHE_HOME ?? "";
    return new Cache(join(base === "" ? join(env.HOME ?? homedir(), ".cache") : base, "nixos-vps"));
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  contains(path: string): boolean {
    return path.startsWith(`${this.root}/`);
  }

  /**
   * Runs `work` while no other process does the same, and clears what killed ones left behind first.
   *
   * `onWait` is called once when another process is at work.
   */
  async exclusively<T>(work: () => Promise<T>, onWait: () => void): Promise<T> {
    mkdirSync(this.root, { recursive: true });
    const options = {
      lockfilePath: this.path("lock"),
      realpath: false,
      stale: LOCK_STALE_MS,
      // Losing the lock (the computer slept) does no harm: whatever is made appears by one rename, so at worst it is made twice.
      onCompromised: () => undefined,
    };
    if (await lockfile.check(this.root, options)) {
      onWait();
    }
    const release = await lockfile.lock(this.root, {
      ...options,
      retries: { forever: true, minTimeout: LOCK_POLL_MS, maxTimeout: LOCK_POLL_MS },
    });
    try {
      this.clearLeftovers();
      return await work();
    } finally {
      await release().catch(() => undefined);
    }
  }

  /**
   * Makes a folder of the cache, unless it is there. `fill` works in a temporary folder that takes its place by one rename, so
   * that a folder in the cache is always whole, wherever the process was killed.
   */
  async folder(name: string, fill: (staging: string) => Promise<void>): Promise<string> {
    const target = this.path(name);
    if (existsSync(target)) {
      return target;
    }
    const staging = this.path("tmp", temporaryName());
    mkdirSync(staging, { recursive: true });
    try {
      await fill(staging);
      mkdirSync(dirname(target), { recursive: true });
      renameUnlessThere(staging, target);
    } finally {
      removeFolder(staging);
    }
    return target;
  }

  /** Writes a small file in one step. */
  writeJson(name: string, value: unknown): void {
    const target = this.path(name);
    const temporary = this.path("tmp", temporaryName());
    mkdirSync(dirname(target), { recursive: true });
    mkdirSync(dirname(temporary), { recursive: true });
    writeFileSync(temporary, JSON.stringify(value, undefined, 2) + "\n");
    renameSync(temporary, target);
  }

  /** What was written by `writeJson`; undefined where nothing was. */
  readJson(name: string): unknown {
    try {
      return JSON.parse(readFileSync(this.path(name), "utf8"));
    } catch {
      return undefined;
    }
  }

  private clearLeftovers(): void {
    const temporary = this.path("tmp");
    for (const name of existsSync(temporary) ? readdirSync(temporary) : []) {
      if (!isAlive(Number(name.split("-")[0]))) {
        removeFolder(join(temporary, name));
      }
    }
  }
}

/** Removes a folder with all that is in it; none is fine too. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

function temporaryName(): string {
  return `${process.pid}-${randomBytes(6).toString("hex")}`;
}

function renameUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (problem) {
    if (!existsSync(to)) {
      throw problem;
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (problem) {
    return (problem as NodeJS.ErrnoException).code === "EPERM";
  }
}
