import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import execa from "execa";
import type { Toolchain } from "../../toolchain";
import { temporaryFolder } from "./fakeWays";

export interface StateResource {
  type: string;
  urn: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

/** A Pulumi project in a folder of its own, with a stack in a file, run by the real engine. */
export class PulumiProject {
  readonly folder = temporaryFolder();
  private readonly env: Record<string, string>;

  constructor(toolchain: Toolchain, env: Record<string, string> = {}) {
    const backend = join(this.folder, "state");
    mkdirSync(backend);
    symlinkSync(join(__dirname, "..", "..", "node_modules"), join(this.folder, "node_modules"));
    writeFileSync(this.file("Pulumi.yaml"), "name: project\nruntime: nodejs\n");
    writeFileSync(this.file("package.json"), JSON.stringify({ name: "project", main: "index.js" }));
    this.env = { ...toolchain.env, PULUMI_BACKEND_URL: `file://${backend}`, PULUMI_CONFIG_PASSPHRASE: "passphrase", NO_COLOR: "1", ...env };
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** What commands and programs wrote into a file of the project; nothing, where there is none. */
  lines(name: string): string[] {
    return existsSync(this.file(name)) ? readFileSync(this.file(name), "utf8").trim().split("\n") : [];
  }

  /** The program, as the body of a CommonJS module that has the SDKs at hand. */
  program(body: string): void {
    const sdks = ["pulumi", "command", "random", "hcloud"].map((name) => `const ${name} = require("@pulumi/${name}");`);
    writeFileSync(this.file("index.js"), [...sdks, body].join("\n"));
  }

  /** Starts `pulumi`; the result rejects where the exit code is not 0. */
  start(...args: string[]): execa.ExecaChildProcess {
    return execa("pulumi", [...args, "--non-interactive"], { cwd: this.folder, env: this.env, all: true });
  }

  async run(...args: string[]): Promise<string> {
    return (await this.start(...args)).all ?? "";
  }

  /** Like `run` for what must fail; returns what it says. */
  async fail(...args: string[]): Promise<string> {
    try {
      await this.start(...args);
    } catch (problem) {
      return (problem as execa.ExecaError).all ?? "";
    }
    throw new Error(`pulumi ${args.join(" ")} did not fail`);
  }

  up(...args: string[]): Promise<string> {
    return this.run("up", "--yes", "--skip-preview", ...args);
  }

  async init(): Promise<this> {
    await this.run("stack", "init", "dev");
    return this;
  }

  async state(): Promise<StateResource[]> {
    const exported = JSON.parse(await this.run("stack", "export")) as { deployment: { resources?: StateResource[] } };
    return exported.deployment.resources ?? [];
  }

  async resource(type: string): Promise<StateResource | undefined> {
    return (await this.state()).find((resource) => resource.type === type);
  }
}
