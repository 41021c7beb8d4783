// A Pulumi project in a folder of its own, run with the real engine and the real hcloud provider.
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const NODE_MODULES = join(__dirname, "../../../node_modules");

/** Whether there is a `pulumi` on PATH; where its plugins come from is its own affair. */
export const pulumiAtHand = (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, "pulumi")));

export class Project {
  private constructor(
    private readonly folder: string,
    private readonly endpoint: string,
  ) {}

  /** @param main the program in `program/` that is run */
  static async create(endpoint: string, config: Record<string, string>, main = "index.js"): Promise<Project> {
    const folder = mkdtempSync(join(tmpdir(), "hcloud-emulator-provider-"));
    const project = new Project(folder, endpoint);
    cpSync(join(__dirname, "program"), folder, { recursive: true });
    symlinkSync(NODE_MODULES, join(folder, "node_modules"));
    writeFileSync(
      join(folder, "Pulumi.yaml"),
      `name: provider\nruntime: { name: nodejs, options: { typescript: false } }\nmain: ${main}\n`,
    );
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "provider", main }));
    mkdirSync(join(folder, "state"));
    await project.pulumi("stack", "init", "dev");
    await project.configure({
      "hcloud:token": "a".repeat(64),
      "hcloud:pollInterval": "50ms",
      "hcloud:pollFunction": "constant",
      ...config,
    });
    return project;
  }

  async configure(config: Record<string, string>): Promise<void> {
    for (const [name, value] of Object.entries(config)) await this.pulumi("config", "set", name, value);
  }

  /** Puts a file beside the program, which finds it by its name. */
  write(name: string, content: string): void {
    writeFileSync(join(this.folder, name), content);
  }

  /** @throws Error with all that was printed when it fails */
  async pulumi(...args: string[]): Promise<string> {
    try {
      const { stdout } = await run("pulumi", [...args, "--non-interactive"], { cwd: this.folder, env: this.environment() });
      return stdout;
    } catch (error) {
      const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
      throw new Error(`pulumi ${args.join(" ")}\n${stdout}\n${stderr}`, { cause: error });
    }
  }

  async outputs(): Promise<Record<string, unknown>> {
    return JSON.parse(await this.pulumi("stack", "output", "--json")) as Record<string, unknown>;
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "passphrase",
      PULUMI_SKIP_UPDATE_CHECK: "1",
      HCLOUD_ENDPOINT: this.endpoint,
    };
  }
}
