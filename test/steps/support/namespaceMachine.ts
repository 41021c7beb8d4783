// A place where the scripts that run on machines find what they look for, with real devices and real mounts: a private mount namespace in
// which /run, /mnt and /etc/os-release are its own. Everything in it vanishes with the process that holds it, also when the test crashes.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { parseResults, remoteScript, type ScriptResults } from "../../../steps/ssh/remote";

/** Where these tests cannot run they say so: a skipped test must not look like a passed one. */
export const describeAsRoot = canMount() ? describe : describe.skip;

function canMount(): boolean {
  const can = process.getuid?.() === 0 && spawnSync("unshare", ["-m", "losetup", "--find"]).status === 0;
  if (!can) console.warn("SKIPPED: scripts on real devices need root and loop devices");
  return can;
}

export type OsRelease = "debian" | "installer" | "nixos";

const osRelease: Record<OsRelease, string> = {
  debian: 'ID=debian\nVERSION_ID="13"\n',
  installer: "ID=nixos\nVARIANT_ID=installer\n",
  nixos: "ID=nixos\n",
};

/** Keeps the namespace, and the loop devices: each is detached as soon as it is held open here, so that it goes when we go. */
const KEEPER = `
set -eu
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /mnt
mount --bind "$1" /etc/os-release
mkdir -p /run/srv
mount --bind /run/srv /srv
echo ready
while read -r access file; do
  device=$(losetup --find --show $access "$file")
  exec {fd}<"$device"
  losetup --detach "$device"
  echo "$device"
done
`;

export interface Outcome {
  code: number | null;
  results: ScriptResults;
  stdout: string;
  stderr: string;
}

export class NamespaceMachine {
  private constructor(
    private readonly keeper: ChildProcess,
    private readonly lines: Interface,
    private readonly folder: string,
  ) {}

  /** @param folder for the volumes' files */
  static async start(folder: string, os: OsRelease): Promise<NamespaceMachine> {
    writeFileSync(join(folder, "os-release"), osRelease[os]);
    const command = ["-m", "--propagation", "private", "bash", "-c", KEEPER, "keeper", join(folder, "os-release")];
    const keeper = spawn("unshare", command, { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface(keeper.stdout);
    await once(lines, "line");
    return new NamespaceMachine(keeper, lines, folder);
  }

  /** A disk of 16 MB, made by a shell command that finds its file as `$1`; nothing is made by `:`. */
  async disk(name: string, make: string, { readOnly = false } = {}): Promise<string> {
    const file = join(this.folder, name);
    const made = spawnSync("bash", ["-ec", `truncate -s 16M "$1"; ${make}`, "make", file], { encoding: "utf8" });
    if (made.status !== 0) throw new Error(`${make}: ${made.stderr}`);
    const line = once(this.lines, "line");
    // Not by blockdev --setro, which would hold for whoever has the loop device next.
    this.keeper.stdin?.write(`${readOnly ? "--read-only" : "--nooverlap"} ${file}\n`);
    return ((await line) as [string])[0];
  }

  /** Runs one of our scripts the way ssh does: script on stdin, payload behind it. */
  async script(
    name: string,
    args: string[] = [],
    { payload = Buffer.alloc(0), env = {} }: { payload?: Buffer; env?: Record<string, string> } = {},
  ): Promise<Outcome> {
    return this.enter(["bash", "-s", "--", ...args], Buffer.concat([Buffer.from(await remoteScript(name)), payload]), env);
  }

  /** A shell command in the machine that must succeed. */
  sh(command: string): string {
    const { code, stdout, stderr } = this.enter(["bash", "-ec", command], Buffer.alloc(0), {});
    if (code !== 0) throw new Error(`${command}: ${stderr}`);
    return stdout.trim();
  }

  /** A process in the machine that goes on until it is ended. */
  start(command: string): ChildProcess {
    return spawn("nsenter", [...this.target(), "bash", "-c", command], { stdio: ["pipe", "pipe", "inherit"] });
  }

  async stop(): Promise<void> {
    const over = once(this.keeper, "exit");
    this.keeper.stdin?.end();
    await over;
  }

  private enter(command: string[], input: Buffer, env: Record<string, string>): Outcome {
    const done = spawnSync("nsenter", [...this.target(), ...command], {
      input,
      env: { ...process.env, ...env },
      encoding: "utf8",
      maxBuffer: 1e9, // pieces of a volume
    });
    return { code: done.status, results: parseResults(done.stdout), stdout: done.stdout, stderr: done.stderr };
  }

  private target(): string[] {
    return [`--mount=/proc/${this.keeper.pid ?? 0}/ns/mnt`, "--wd=/"];
  }
}
