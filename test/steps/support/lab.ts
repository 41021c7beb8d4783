// A cloud of our own with servers to try the steps on: the emulator, plain API calls in the provider's place, and the real `steps/run`.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { Emulator, EmulatorOptions } from "../../../emulator/src";
import { evaluatorCommand, startLocalCloud, TOKEN } from "../../../local/cloud";
import type { StepName } from "../../../steps/documents";
import type { Facts, HardwareFacts, VolumeFacts } from "../../../steps/facts";
import { type KeyPair, newKeyPair, sampleFacts, volume } from "./samples";

const project = join(__dirname, "..", "..", "..");

export interface LabServer {
  id: number;
  name: string;
  address: string;
}

export interface StepRun {
  code: number | null;
  /** What stands on stdout, parsed; undefined when there is nothing. */
  output: Record<string, unknown> | undefined;
  stdout: string;
  stderr: string;
}

export interface RunningStep {
  process: ChildProcess;
  /** Resolves when stderr has this. */
  says(words: RegExp): Promise<void>;
  end: Promise<StepRun>;
}

interface Action {
  id: number;
  status: string;
}

/** What one test works with. Everything is in one temporary folder. */
export class Lab {
  readonly keys = { deploy: newKeyPair(), host: newKeyPair(), bootstrap: newKeyPair() };
  readonly flake: string;
  /** Added to the environment of every step. */
  env: NodeJS.ProcessEnv = {};
  private readonly children: ChildProcess[] = [];
  private sshKey = 0;

  private constructor(
    readonly cloud: Emulator,
    readonly folder: string,
  ) {
    this.flake = join(folder, "nix");
    mkdirSync(this.flake);
    writeFileSync(join(this.flake, "flake.nix"), "{ outputs = _: { }; }\n");
  }

  static async open(folder: string, options: Omit<EmulatorOptions, "evaluator"> = {}): Promise<Lab> {
    const cloud = await startLocalCloud({ stateDir: join(folder, "cloud"), ...options });
    return new Lab(cloud, folder);
  }

  async close(): Promise<void> {
    for (const child of this.children) child.kill("SIGKILL");
    await this.cloud.stop();
  }

  /** A request to the API; its actions are waited for. */
  async api<T = Record<string, never>>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.cloud.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, ...(body ? { "content-type": "application/json" } : {}) },
      body: body && JSON.stringify(body),
    });
    const answer = (response.status === 204 ? {} : await response.json()) as T & { action?: Action; next_actions?: Action[] };
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    for (const action of [answer.action, ...(answer.next_actions ?? [])]) await this.actionEnd(action);
    return answer;
  }

  async newServer(name: string, bootstrap: KeyPair = this.keys.bootstrap): Promise<LabServer> {
    this.sshKey ||= (
      await this.api<{ ssh_key: { id: number } }>("POST", "/ssh_keys", { name: "deploy", public_key: this.keys.deploy.public })
    ).ssh_key.id;
    const indented = bootstrap.private.trimEnd().replaceAll("\n", "\n    ");
    const userData = `#cloud-config\nssh_deletekeys: true\nssh_keys:\n  ed25519_private: |\n    ${indented}\n  ed25519_public: ${bootstrap.public}\n`;
    const { server } = await this.api<{ server: { id: number; public_net: { ipv4: { ip: string } } } }>("POST", "/servers", {
      name,
      server_type: "cx23",
      image: "debian-13",
      location: "fsn1",
      ssh_keys: [this.sshKey],
      user_data: userData,
    });
    return { id: server.id, name, address: server.public_net.ipv4.ip };
  }

  async newVolume(name: string, over: Partial<VolumeFacts> = {}, format: "ext4" | null = "ext4"): Promise<VolumeFacts> {
    const made = await this.api<{ volume: { id: number } }>("POST", "/volumes", {
      name: `v-${name}`,
      size: 10,
      location: "fsn1",
      ...(format && { format }),
    });
    return volume(made.volume.id, { name, ...over });
  }

  async attach(disk: VolumeFacts, server: LabServer): Promise<void> {
    await this.api("POST", `/volumes/${disk.id}/actions/attach`, { server: server.id, automount: false });
  }

  async detach(disk: VolumeFacts): Promise<void> {
    await this.api("POST", `/volumes/${disk.id}/actions/detach`);
  }

  async status(server: LabServer): Promise<string> {
    return (await this.api<{ server: { status: string } }>("GET", `/servers/${server.id}`)).server.status;
  }

  facts(server: LabServer, volumes: VolumeFacts[], hardware: HardwareFacts, over: Partial<Facts> = {}): Facts {
    const sample = sampleFacts(this.keys.deploy.public, volumes);
    return { ...sample, hardware, network: { ipv4: server.address, ipv6: null }, ...over };
  }

  /** What all steps are told. */
  connection(server: LabServer): Record<string, unknown> {
    return {
      version: 1,
      stack: "lab",
      machine: "devserver",
      server: { id: server.id, name: server.name },
      address: server.address,
      ssh: {
        port: 22,
        deployKey: this.keys.deploy.private,
        hostPublicKey: this.keys.host.public,
        bootstrapHostPublicKey: this.keys.bootstrap.public,
      },
      api: { endpoint: this.cloud.url, token: TOKEN },
    };
  }

  /** Starts a step as Pulumi would. */
  start(step: StepName, document: object, env: NodeJS.ProcessEnv = {}): RunningStep {
    const child = spawn("./steps/run", [step], {
      cwd: project,
      env: {
        ...process.env,
        PATH: `${this.cloud.operatorBin}:${process.env.PATH ?? ""}`,
        HCLOUD_EMULATOR_EVALUATOR: JSON.stringify(evaluatorCommand),
        NIXOS_VPS_SSH_CONFIG: this.cloud.sshConfig,
        NIXOS_VPS_STEP_LOG: join(this.folder, "steps.jsonl"),
        XDG_STATE_HOME: join(this.folder, "state"),
        TMPDIR: this.folder,
        ...this.env,
        ...env,
      },
    });
    this.children.push(child);
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (more: string) => {
      stderr += more;
    });
    child.stdin.end(JSON.stringify(document));
    const end: Promise<StepRun> = Promise.all([text(child.stdout), once(child, "close")]).then(([stdout]) => {
      const output = stdout === "" ? undefined : (JSON.parse(stdout) as Record<string, unknown>);
      return { code: child.exitCode, output, stdout, stderr };
    });
    const says = async (words: RegExp): Promise<void> => {
      while (!words.test(stderr)) {
        const ended = child.exitCode !== null || child.signalCode !== null;
        await sleep(5);
        if (ended && !words.test(stderr)) throw new Error(`the ${step} ended without saying ${String(words)}:\n${stderr}`);
      }
    };
    return { process: child, says, end };
  }

  run(step: StepName, document: object, env: NodeJS.ProcessEnv = {}): Promise<StepRun> {
    return this.start(step, document, env).end;
  }

  /** Runs a step that must succeed. */
  async must(step: StepName, document: object, env: NodeJS.ProcessEnv = {}): Promise<StepRun & { output: Record<string, unknown> }> {
    const run = await this.run(step, document, env);
    if (run.code !== 0 || !run.output) throw new Error(`${step} ended with ${String(run.code)}:\n${run.stderr}`);
    return { ...run, output: run.output };
  }

  flakeDocument(): { hostKey: string; flake: string } {
    return { hostKey: this.keys.host.private, flake: relative(project, this.flake) };
  }

  /** What a real evaluation would find in the flake's modules. */
  describeSystem(emulated: object): void {
    writeFileSync(join(this.flake, "emulated.json"), JSON.stringify(emulated));
  }

  /** A copy of the flake, to go back to. */
  keepFlake(): () => void {
    const kept = join(this.folder, "kept-flake");
    cpSync(this.flake, kept, { recursive: true });
    return () => cpSync(kept, this.flake, { recursive: true });
  }

  async stage(server: LabServer, volumes: VolumeFacts[], over: Partial<Facts> = {}): Promise<HardwareFacts> {
    const { output } = await this.must("stage", this.stageDocument(server, volumes, over));
    return output.hardware as HardwareFacts;
  }

  stageDocument(server: LabServer, volumes: VolumeFacts[], over: Partial<Facts> = {}): object {
    const whole = this.facts(server, volumes, sampleFacts(this.keys.deploy.public).hardware, over);
    return { ...this.connection(server), facts: { ...whole, hardware: undefined }, ...this.flakeDocument() };
  }

  takeOverDocument(server: LabServer, volumes: VolumeFacts[], hardware: HardwareFacts): object {
    return { ...this.connection(server), facts: this.facts(server, volumes, hardware), ...this.flakeDocument() };
  }

  /** A server becomes the machine: all that Pulumi does from the stage on. */
  async makeMachine(server: LabServer, volumes: VolumeFacts[]): Promise<HardwareFacts> {
    const hardware = await this.stage(server, volumes);
    for (const disk of volumes) await this.attach(disk, server);
    for (const disk of volumes) await this.must("lease", { ...this.connection(server), volume: disk, size: 10 });
    await this.must("takeOver", this.takeOverDocument(server, volumes, hardware));
    return hardware;
  }

  /** Runs a command on the machine over ssh, pinned to one of its keys. */
  async ssh(server: LabServer, command: string, pin: "host" | "bootstrap" = "host"): Promise<string> {
    const key = join(this.folder, "own-key");
    const known = join(this.folder, `own-known-${pin}`);
    writeFileSync(key, this.keys.deploy.private, { mode: 0o600 });
    writeFileSync(known, `machine ${this.keys[pin].public}\n`);
    const options = [
      "StrictHostKeyChecking=yes",
      `UserKnownHostsFile=${known}`,
      "HostKeyAlias=machine",
      "IdentitiesOnly=yes",
      "BatchMode=yes",
    ];
    const args = ["-F", this.cloud.sshConfig, ...options.flatMap((option) => ["-o", option]), "-i", key, `root@${server.address}`, command];
    const child = spawn("ssh", args, { stdio: ["ignore", "pipe", "pipe"] });
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    const code = child.exitCode;
    if (code !== 0) throw new Error(`ssh ${command}: ${String(code)} ${err}`);
    return out.trim();
  }

  /** Waits for something on a machine to come true. */
  async until(condition: () => Promise<boolean>): Promise<void> {
    while (!(await condition())) await sleep(50);
  }

  log(): { step: string; event: string }[] {
    const lines = readFileSync(join(this.folder, "steps.jsonl"), "utf8").trim().split("\n");
    return lines.map((line) => JSON.parse(line) as { step: string; event: string });
  }

  private async actionEnd(action: Action | undefined): Promise<void> {
    for (let now = action; now && now.status === "running";) {
      await sleep(10);
      now = (await this.api<{ action?: never; actions: Action[] }>("GET", `/actions?id=${now.id}`)).actions[0];
      if (now?.status === "error") throw new Error(`an action failed: ${JSON.stringify(now)}`);
    }
  }
}
