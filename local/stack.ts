// One Pulumi stack on the local cloud, driven by the real CLI as a person would.
import { type ChildProcess, spawn } from "node:child_process";
import { delimiter } from "node:path";
import type { Toolchain } from "../toolchain";
import { COMPILED } from "../toolchain/bundle";
import type { Project } from "./project";

export interface Result {
  /** Exit code, or null when the process was killed. */
  code: number | null;
  /** What the CLI printed on both streams, in order. */
  output: string;
}

/** A command that exited with something else than 0. Its message is what the CLI printed. */
export class PulumiFailed extends Error {
  constructor(
    readonly command: string,
    readonly result: Result,
  ) {
    super(`pulumi ${command} failed (exit code ${String(result.code)}):\n${result.output}`);
  }
}

/** A running command, which a test may kill. */
export interface Running {
  process: ChildProcess;
  done: Promise<Result>;
}

export interface StackOptions {
  name: string;
  project: Project;
  toolchain: Toolchain;
  /** Where the cloud is, see `cloudEnvironment`. */
  environment: Record<string, string>;
  /** Folders that come first on PATH after the toolchain's, e.g. the stand-in for nixos-anywhere. */
  path?: string[];
  /** Called with each piece of what the CLI prints. */
  onOutput?: (text: string) => void;
}

export class Stack {
  readonly name: string;
  readonly project: Project;
  private knownOutputs: string | undefined;

  constructor(private readonly options: StackOptions) {
    this.name = options.name;
    this.project = options.project;
  }

  /** What a person has to set to go on by hand. */
  get environment(): Record<string, string> {
    const { toolchain, environment, path = [], project } = this.options;
    return {
      ...toolchain.env,
      PATH: [...toolchain.path, ...path, process.env["PATH"] ?? ""].join(delimiter),
      PULUMI_BACKEND_URL: `file://${project.backend}`,
      PULUMI_CONFIG_PASSPHRASE: "local",
      PULUMI_SKIP_UPDATE_CHECK: "1",
      // A third of what Pulumi's Node.js host needs to start goes into the same compilations each time.
      NODE_COMPILE_CACHE: COMPILED,
      ...environment,
    };
  }

  init(): Promise<Result> {
    return this.run(["stack", "init", this.name]);
  }

  up(...flags: string[]): Promise<Result> {
    return this.run(["up", "--yes", "--skip-preview", ...flags]);
  }

  preview(...flags: string[]): Promise<Result> {
    return this.run(["preview", ...flags]);
  }

  destroy(...flags: string[]): Promise<Result> {
    return this.run(["destroy", "--yes", "--skip-preview", ...flags]);
  }

  /** Lifts the lock that a killed engine left. */
  cancel(): Promise<Result> {
    return this.run(["cancel", "--yes"]);
  }

  /** Asked of the CLI once after each command that may change them. */
  async outputs<T = Record<string, unknown>>(): Promise<T> {
    this.knownOutputs ??= (await this.run(["stack", "output", "--json", "--show-secrets"])).output;
    return JSON.parse(this.knownOutputs) as T;
  }

  /** The state as the back end holds it, with secrets encrypted. */
  async state(): Promise<{ deployment: { resources?: StateResource[]; pending_operations?: unknown[] } }> {
    return JSON.parse((await this.run(["stack", "export"])).output) as Awaited<ReturnType<Stack["state"]>>;
  }

  /**
   * @param environment over the stack's own, for this command alone
   * @throws {PulumiFailed} when the exit code is not 0
   */
  async run(args: string[], environment: Record<string, string> = {}): Promise<Result> {
    const result = await this.start(args, environment).done;
    if (result.code !== 0) throw new PulumiFailed(args.join(" "), result);
    return result;
  }

  /** Starts the CLI as the leader of a process group of its own, as a terminal would. */
  start(args: string[], environment: Record<string, string> = {}): Running {
    const { toolchain, project, onOutput } = this.options;
    if (args[0] !== "stack") this.knownOutputs = undefined;
    const stack = args[0] === "stack" && args[1] === "init" ? [] : ["--stack", this.name];
    const child = spawn(toolchain.pulumi, [...args, ...stack, "--non-interactive", "--color", "never"], {
      cwd: project.folder,
      env: { ...process.env, ...this.environment, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let output = "";
    const take = (chunk: Buffer) => {
      output += chunk.toString();
      onOutput?.(chunk.toString());
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    const done = new Promise<Result>((resolve, reject) => {
      child.on("error", reject);
      // `exit` and not `close`: a step that outlives a killed engine holds the pipes open.
      child.on("exit", (code, signal) => {
        if (signal) resolve({ code: null, output });
        else child.on("close", () => resolve({ code, output }));
      });
    });
    return { process: child, done };
  }
}

export interface StateResource {
  urn: string;
  type: string;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  delete?: boolean;
}
