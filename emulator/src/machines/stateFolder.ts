// The state folder belongs to one emulator at a time, and begins without what a killed one has left running.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { privileged } from "./privilege";
import { exec } from "./process";
import { loopsBelow, untilReleased } from "./volumes";

/** A lock that the kernel gives back when its holder dies, however it dies: a socket without a file. */
export class StateFolderLock {
  private constructor(private readonly holder: Server) {}

  /** @throws Error that says who works in the folder, when somebody does */
  static async take(folder: string): Promise<StateFolderLock> {
    const address = await addressOf(folder);
    const holder = createServer((asking) => asking.on("error", () => undefined).end(String(process.pid)));
    holder.listen(address);
    try {
      await once(holder, "listening");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      throw new Error(
        `the emulator with process number ${await whoHolds(address)} works in ${folder}: its disks and machines would be this one's too. ` +
          "Nothing was changed. End that one first, or give this one a state of its own",
        { cause: error },
      );
    }
    holder.unref();
    return new StateFolderLock(holder);
  }

  release(): void {
    this.holder.close();
  }
}

/** The same for one folder, whatever path leads to it. */
async function addressOf(folder: string): Promise<string> {
  const { dev, ino } = await stat(folder, { bigint: true });
  return `\0hcloud-emulator-${createHash("sha256").update(`${dev}:${ino}`).digest("hex")}`;
}

async function whoHolds(address: string): Promise<string> {
  return text(connect(address)).catch(() => "?");
}

/**
 * Ends what a killed emulator has left of its machines, as far as it does not end by itself: their first processes (and so all others, and
 * every mount), their loop devices, half-written files.
 */
export async function clearLeftovers(folder: string): Promise<void> {
  for (const pid of await firstProcessesOf(folder)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has just ended by itself.
    }
  }
  await rm(join(folder, "tmp"), { recursive: true, force: true });
  if (!privileged) return;
  for (const { loop, file } of await loopsBelow(folder)) {
    // Who dies now lets go by itself; what nobody holds is let go here.
    await exec("losetup", ["--detach", loop]).catch(() => undefined);
    await untilReleased(file);
  }
}

/** First processes of machines carry the folder of their boot in their environment. */
async function firstProcessesOf(folder: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const environment = await readFile(`/proc/${name}/environ`, "utf8").catch(() => "");
    if (environment.includes(`EMULATOR_RUN=${folder}/`)) found.push(Number(name));
  }
  return found;
}
