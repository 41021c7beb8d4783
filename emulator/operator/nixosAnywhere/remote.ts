// Talking to the target as nixos-anywhere does: the `ssh` that is found on PATH, with the real one's fixed options in front.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

export interface Ran {
  code: number;
  stdout: string;
}

/** A remote command failed; nixos-anywhere ends with its exit code. */
export class RemoteFailure extends Error {
  constructor(
    readonly code: number,
    what: string,
  ) {
    super(`${what} failed with exit code ${code}`);
  }
}

export class Remote {
  constructor(
    public target: string,
    public port: string | undefined,
    private readonly identity: string,
    private readonly options: readonly string[],
  ) {}

  /** As root from now on, on another port. */
  become(port: string): void {
    this.asRoot();
    this.port = port;
  }

  asRoot(): void {
    this.target = `root@${this.target.replace(/^.*@/, "")}`;
  }

  /** Runs a command; its stderr goes to ours. */
  async run(command: string, options: { input?: string | Buffer; extra?: readonly string[]; quiet?: boolean } = {}): Promise<Ran> {
    const fixed = ["-o", "IdentitiesOnly=yes", "-i", this.identity, "-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no"];
    const port = this.port === undefined ? [] : ["-p", this.port];
    const own = this.options.flatMap((option) => ["-o", option]);
    const child = spawn("ssh", ["-T", ...fixed, ...port, ...own, ...(options.extra ?? []), this.target, command], {
      stdio: ["pipe", "pipe", options.quiet === true ? "ignore" : "inherit"],
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
    const chunks: Buffer[] = [];
    child.stdout.on("data", (data: Buffer) => chunks.push(data));
    const [code] = (await once(child, "close")) as [number | null];
    return { code: code ?? 255, stdout: Buffer.concat(chunks).toString() };
  }

  /** @throws RemoteFailure when the command fails */
  async must(what: string, command: string, input?: string | Buffer): Promise<string> {
    const { code, stdout } = await this.run(command, { input });
    if (code !== 0) throw new RemoteFailure(code, what);
    return stdout;
  }

  /** Until the target answers. Without end, as the real one; whoever calls it has to set a limit. */
  async untilReachable(): Promise<void> {
    while ((await this.bootId()) === undefined) await sleep(200);
  }

  /**
   * Until the target is no longer reached, without end. An emulated boot may take no time at all, so another boot counts as well.
   *
   * @param bootId what `bootId` said before the target was sent away
   */
  async untilGone(bootId: string | undefined): Promise<void> {
    while ((await this.bootId()) === bootId) await sleep(200);
  }

  /** Which boot of the target this is; undefined when it is not reached. */
  async bootId(): Promise<string | undefined> {
    const { code, stdout } = await this.run("cat /proc/sys/kernel/random/boot_id", { extra: ["-o", "ConnectTimeout=10"], quiet: true });
    return code === 0 ? stdout.trim() : undefined;
  }
}
