// Stacks whose machines are only on record: the real program, engine and provider against the emulator's API, with steps that answer at
// once. For what an `up` costs that has nothing to do, the machines themselves do not matter, and fifty of them would take an hour.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiEmulator, startEmulator } from "../../emulator/src";
import { TOKEN } from "../../local/cloud";
import { Operator } from "../../local/operator";
import { Project } from "../../local/project";
import { Stack } from "../../local/stack";
import { ensureToolchain } from "../../toolchain";

/** Folders, a cloud and stacks; all gone after `end`. */
export class Records {
  private readonly operator: Operator;

  private constructor(
    readonly cloud: ApiEmulator,
    private readonly folder: string,
  ) {
    this.operator = new Operator(join(folder, "operator"));
  }

  static async open(): Promise<Records> {
    // Making fifty machines with the quick polls of the local cloud takes more requests than Hetzner allows in an hour.
    return new Records(await startEmulator({ machines: false, rateLimit: 1_000_000 }), mkdtempSync(join(tmpdir(), "nixos-vps-bench-")));
  }

  async end(): Promise<void> {
    await this.cloud.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Our program with so many machines of the default layout. */
  machines(name: string, count: number): Promise<Stack> {
    return this.stack(name, (project) => {
      rmSync(join(project.folder, "steps"));
      mkdirSync(join(project.folder, "steps"));
      symlinkSync(join(__dirname, "run"), join(project.folder, "steps", "run"));
      const machine = { serverType: "cx23", location: "fsn1", volumes: { home: { size: 10 } } };
      const names = Array.from({ length: count }, (_, n) => `machine${n + 1}`);
      const admin = { name: "qwe", sshKeys: [this.operator.publicKey] };
      project.configure(name, { admin, machines: Object.fromEntries(names.map((one) => [one, machine])) });
    });
  }

  /** A program that declares nothing: what the engine costs by itself. */
  empty(name: string): Promise<Stack> {
    return this.stack(name, (project) => {
      rmSync(join(project.folder, "index.js"));
      writeFileSync(join(project.folder, "index.js"), 'exports.stack = require("@pulumi/pulumi").getStack();\n');
      project.configure(name, {});
    });
  }

  private async stack(name: string, prepare: (project: Project) => void): Promise<Stack> {
    mkdirSync(join(this.folder, name));
    const project = new Project(join(this.folder, name));
    prepare(project);
    const environment = { HCLOUD_ENDPOINT: this.cloud.url, HCLOUD_TOKEN: TOKEN };
    const stack = new Stack({ name, project, toolchain: await ensureToolchain(), environment });
    await stack.init();
    return stack;
  }
}
