// Where `vps volume` is tried: a cloud without machines, and in the place of the Pulumi CLI a script that tells a state and a configuration.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { text } from "node:stream/consumers";
import { startEmulator } from "../../../emulator/src";
import { startLocalCloud } from "../../../local/cloud";

const TOKEN = "d".repeat(64);
const checkout = join(__dirname, "..", "..", "..");

export interface VolumeAtHetzner {
  id: number;
  name: string;
  server: number | null;
  location: { name: string };
  labels: Record<string, string>;
  protection: { delete: boolean };
}

export interface Answer {
  code: number | null;
  stdout: string;
  stderr: string;
}

export class Desk {
  private constructor(
    readonly cloud: { url: string; sshConfig?: string; stop(): Promise<void> },
    readonly folder: string,
  ) {
    this.state();
  }

  /** @param machines whether its servers can be connected to */
  static async open({ machines: real = false } = {}): Promise<Desk> {
    const folder = mkdtempSync(join(tmpdir(), "volume-desk-"));
    mkdirSync(join(folder, "bin"));
    writeFileSync(join(folder, "Pulumi.yaml"), "name: nixos-vps\nruntime: nodejs\n");
    const machines = { devserver: { serverType: "cx23", location: "fsn1", volumes: { home: { size: 10 } } } };
    writeFileSync(join(folder, "config.json"), JSON.stringify({ "nixos-vps:machines": { objectValue: machines } }));
    const pulumi = `#!/bin/sh\ncase "$1 $2" in\n"stack --show-name") echo dev ;;\n"config --json") cat ${folder}/config.json ;;\n"stack export") cat ${folder}/state.json ;;\n*) echo "unexpected: $*" >&2; exit 1 ;;\nesac\n`;
    writeFileSync(join(folder, "bin", "pulumi"), pulumi);
    chmodSync(join(folder, "bin", "pulumi"), 0o755);
    const options = { stateDir: join(folder, "cloud"), latencies: "instant" } as const;
    return new Desk(real ? await startLocalCloud(options) : await startEmulator({ ...options, machines: false }), folder);
  }

  /** The state has these volumes, by the names of their resources. */
  state(volumes: Record<string, number> = {}): void {
    const resources = Object.entries(volumes).map(([name, id]) => ({
      urn: `urn:pulumi:dev::nixos-vps::nixos-vps:index:Machine$nixos-vps:index:PersistentVolume$hcloud:index/volume:Volume::${name}`,
      type: "hcloud:index/volume:Volume",
      id: id.toString(),
    }));
    writeFileSync(join(this.folder, "state.json"), JSON.stringify({ version: 3, deployment: { resources } }));
  }

  /** Runs `vps` as a person would. Nobody sits at a terminal. */
  async vps(...args: string[]): Promise<Answer> {
    return this.start(...args).end;
  }

  /** The same, to be watched while it runs. It has a process group of its own. */
  start(...args: string[]): { process: ChildProcess; end: Promise<Answer> } {
    const [program = "", ...rest] = this.commandLine(args);
    const child = spawn(program, rest, { cwd: checkout, env: this.environment(), stdio: ["ignore", "pipe", "pipe"], detached: true });
    const end = Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]).then(([stdout, stderr]) => ({
      code: child.exitCode,
      stdout,
      stderr,
    }));
    return { process: child, end };
  }

  /** Runs `vps` at a terminal, where somebody presses these keys when a name is asked for. @returns what the screen shows, and the exit code */
  async atTerminal(args: string[], keys: string): Promise<{ code: number | null; screen: string }> {
    const command = this.commandLine(args).map((word) => `'${word}'`);
    const child = spawn("script", ["--quiet", "--return", "--command", command.join(" "), "/dev/null"], {
      cwd: checkout,
      env: this.environment(),
      stdio: ["pipe", "pipe", "inherit"],
    });
    let screen = "";
    let pressed = false;
    child.stdout.setEncoding("utf8").on("data", (shown: string) => {
      screen += shown;
      if (pressed || !screen.includes("to go on: ")) return;
      pressed = true;
      child.stdin.write(keys);
    });
    await once(child, "close");
    return { code: child.exitCode, screen };
  }

  private commandLine(args: string[]): string[] {
    const tsx = createRequire(__filename).resolve("tsx");
    return [process.execPath, "--import", tsx, join(checkout, "cli", "main.ts"), "-C", this.folder, ...args];
  }

  private environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      PATH: `${join(this.folder, "bin")}:${process.env["PATH"] ?? ""}`,
      HCLOUD_TOKEN: TOKEN,
      HCLOUD_ENDPOINT: this.cloud.url,
      NIXOS_VPS_SSH_CONFIG: this.cloud.sshConfig,
      XDG_STATE_HOME: join(this.folder, "state"),
      TMPDIR: this.folder,
    };
  }

  async api<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.cloud.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    const answer = (response.status === 204 ? {} : await response.json()) as T & { action?: { id: number } | null };
    if (answer.action) await this.ended(answer.action.id);
    return answer;
  }

  private async ended(action: number): Promise<void> {
    const { actions } = await this.api<{ actions: { status: string }[] }>("GET", `/actions?id=${action}`);
    if (actions[0]?.status !== "running") return;
    await sleep(20);
    await this.ended(action);
  }

  /** A volume as `pulumi up` leaves it. */
  async volume(name: string, labels: Record<string, string> = ours("home"), over: object = {}): Promise<number> {
    const { volume } = await this.api<{ volume: { id: number } }>("POST", "/volumes", {
      name,
      size: 10,
      location: "fsn1",
      format: "ext4",
      labels,
      ...over,
    });
    await this.api("POST", `/volumes/${volume.id}/actions/change_protection`, { delete: true });
    return volume.id;
  }

  async volumes(): Promise<VolumeAtHetzner[]> {
    return (await this.api<{ volumes: VolumeAtHetzner[] }>("GET", "/volumes")).volumes;
  }

  /** A running server that holds a volume and is no machine of the stack. */
  async serverWith(volume: number): Promise<number> {
    const { server } = await this.api<{ server: { id: number } }>("POST", "/servers", {
      name: "other",
      server_type: "cx23",
      image: "debian-13",
      location: "fsn1",
    });
    await this.api("POST", `/volumes/${volume}/actions/attach`, { server: server.id });
    return server.id;
  }

  async close(): Promise<void> {
    await this.cloud.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function ours(purpose: string, machine = "devserver", stack = "dev"): Record<string, string> {
  return { "nixos-vps/stack": stack, "nixos-vps/machine": machine, "nixos-vps/purpose": purpose, team: "web" };
}
