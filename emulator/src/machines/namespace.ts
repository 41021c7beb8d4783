// One boot of a machine: a first process with a file tree, processes and network of its own, and the way to run something in it.
import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { privileged } from "./privilege";

/** The emulator's folder for what lives on machines. */
export const machineFolder = join(__dirname, "../../machine");

export interface BootFiles {
  /** Folder of the root file system; null for one in memory. */
  root: string | null;
  /** What a root file system in memory is filled with. */
  skeleton: string;
  /** Folder of the machine's root disk. */
  disk: string;
  /** Folder of links to all programs. */
  sw: string;
  /** Files of this boot. */
  run: string;
  /** Folder of the volumes' files. */
  volumes: string;
  hostName: string;
  firmware: "bios" | "uefi";
}

/** A line that something on the machine has written to the emulator, cut at its tabs. */
export interface Request {
  session: string;
  replyTo: string;
  verb: string;
  args: string[];
}

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

/** What root on a machine must not have: the way to the computer's devices, kernel modules and clock. */
const DROPPED = "-mknod,-sys_module,-sys_rawio,-sys_time,-syslog,-mac_admin,-mac_override";

/** Stand-ins that come first where the emulator is not root. */
export const FIRST_PATH = privileged ? "" : "/.emulator/unprivileged:";
const OWN_PATH = `${FIRST_PATH}/.emulator/bin:/usr/sbin:/usr/bin:/sbin:/bin`;

export class Namespace {
  /** Resolves when the first process and so every process of the machine has ended. */
  readonly ended: Promise<void>;
  private readonly signal: AbortController = new AbortController();

  private constructor(
    private readonly child: ChildProcess,
    /** Number of the machine's first process as the computer knows it. */
    readonly pid: number,
  ) {
    this.ended = once(child, "exit").then(() => this.signal.abort());
  }

  /** Aborted when the machine's processes have ended. */
  get over(): AbortSignal {
    return this.signal.signal;
  }

  static async start(files: BootFiles, onRequest: (request: Request) => void): Promise<Namespace> {
    const own = ["--mount", "--pid", "--uts", "--ipc", "--net", "--fork", "--propagation", "private"];
    const child = spawn("unshare", [...(privileged ? [] : ["--user", "--map-root-user"]), ...own, "sh", join(machineFolder, "init")], {
      stdio: ["pipe", "pipe", "pipe"],
      detached: true, // a Ctrl-C in the emulator's terminal is no business of the machines
      env: {
        PATH: `${process.env.PATH ?? ""}:/usr/sbin:/usr/bin:/sbin:/bin`,
        EMULATOR_ROOT: files.root ?? "",
        EMULATOR_SKELETON: files.skeleton,
        EMULATOR_DISK: files.disk,
        EMULATOR_MACHINE: machineFolder,
        EMULATOR_SW: files.sw,
        EMULATOR_RUN: files.run,
        EMULATOR_VOLUMES: privileged ? "" : files.volumes,
        EMULATOR_HOSTNAME: files.hostName,
        EMULATOR_FIRMWARE: files.firmware,
      },
    });
    let complaint = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
    child.stdin.on("error", () => undefined); // answers to a machine that has just died
    return new Promise((resolve, reject) => {
      let started = false;
      child.once("error", reject);
      child.once("exit", (code, signal) => {
        if (!started)
          reject(new Error(`a machine could not be started (unshare ended with ${code ?? signal ?? "?"}): ${complaint.trim()}`));
      });
      createInterface({ input: child.stdout }).on("line", (line) => {
        const [session = "", replyTo = "", verb = "", ...args] = line.split("\t");
        if (started) {
          onRequest({ session, replyTo, verb, args });
          return;
        }
        started = true;
        resolve(new Namespace(child, Number(replyTo)));
      });
    });
  }

  /** Answers a request. Line breaks and tabs become spaces. */
  reply(request: Request, answer: string): void {
    if (request.replyTo !== "-") this.child.stdin?.write(`${request.replyTo}\t${answer.replaceAll(/[\t\n]/g, " ")}\n`);
  }

  /** The command line by which the computer runs something on the machine. */
  argv(command: readonly string[], options: { user?: { uid: number; gid: number }; env?: Record<string, string> } = {}): string[] {
    const user = options.user;
    const enter = [
      "nsenter",
      ...(privileged ? [] : ["--user", "--preserve-credentials"]),
      "-t",
      String(this.pid),
      "-m",
      "-u",
      "-i",
      "-n",
      "-p",
    ];
    const env = Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`);
    const limits = privileged
      ? [
          "setpriv",
          `--bounding-set=${DROPPED}`,
          ...(user && user.uid !== 0 ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--init-groups"] : []),
        ]
      : [];
    return [...enter, "--", "env", "-i", ...env, ...limits, ...command];
  }

  /** The command line by which a program of the computer runs in the machine's network, and in nothing else of it. */
  inNetwork(command: readonly string[]): string[] {
    return ["nsenter", ...(privileged ? [] : ["--user", "--preserve-credentials"]), "-t", String(this.pid), "-n", "--", ...command];
  }

  /** Starts a command as root on the machine. */
  spawn(command: readonly string[], options: SpawnOptions & { machineEnv?: Record<string, string> } = {}): ChildProcess {
    const { machineEnv, ...rest } = options;
    const [program = "", ...args] = this.argv(command, { env: machineEnv ?? { PATH: OWN_PATH } });
    return spawn(program, args, { detached: true, ...rest });
  }

  /** Runs a command as root on the machine, to its end. A machine that dies meanwhile gives code 255. */
  async run(command: readonly string[], options: { input?: string | Buffer; env?: Record<string, string> } = {}): Promise<Result> {
    const path = { PATH: OWN_PATH, HOME: "/root" };
    const child = this.spawn(command, { stdio: ["pipe", "pipe", "pipe"], machineEnv: { ...path, ...options.env } });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on("data", (data: Buffer) => out.push(data));
    child.stderr?.on("data", (data: Buffer) => err.push(data));
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(options.input ?? "");
    const [code] = (await once(child, "close")) as [number | null];
    return { code: code ?? 255, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
  }

  /** Hard and immediate. Resolves when no process of the machine is left. */
  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      try {
        process.kill(this.pid, "SIGKILL");
      } catch {
        // It has just ended by itself.
      }
    }
    await this.ended;
  }
}
