// Terraform in a folder of its own, with our build of Hetzner's provider and the ways to emulated machines.
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import execa from "execa";
import { evaluatorCommand, TOKEN } from "../../local/cloud";
import { findExecutable } from "../../toolchain/situation";
import type { World } from "../world";

export class Terraform {
  private readonly folder: string;
  private readonly env: Record<string, string>;

  /** @param provider folder with the provider's program */
  constructor({ cloud, project }: World, provider: string) {
    this.folder = join(project.folder, "terraform");
    mkdirSync(join(this.folder, "bin"), { recursive: true });
    cpSync(join(__dirname, "main.tf"), join(this.folder, "main.tf"));
    const identity = join(this.folder, "identity");
    execa.sync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "peer", "-f", identity]);
    const ssh = join(this.folder, "bin", "ssh");
    writeFileSync(ssh, `#!/bin/sh\nexec '${findExecutable("ssh", process.env) ?? "ssh"}' -F '${cloud.sshConfig}' "$@"\n`);
    chmodSync(ssh, 0o755);
    const rc = join(this.folder, "terraform.rc");
    writeFileSync(rc, `provider_installation {\n  dev_overrides { "hetznercloud/hcloud" = "${provider}" }\n  direct {}\n}\n`);
    const flake = join(project.folder, "nix");
    this.env = {
      PATH: [join(this.folder, "bin"), cloud.operatorBin, process.env["PATH"] ?? ""].join(delimiter),
      HCLOUD_ENDPOINT: cloud.url,
      HCLOUD_TOKEN: TOKEN,
      HCLOUD_EMULATOR_EVALUATOR: JSON.stringify(evaluatorCommand),
      TF_CLI_CONFIG_FILE: rc,
      TF_IN_AUTOMATION: "1",
      CHECKPOINT_DISABLE: "1",
      TF_VAR_public_key: readFileSync(`${identity}.pub`, "utf8").trim(),
      TF_VAR_install: script("install.ts", flake, identity),
      TF_VAR_update: script("update.ts", flake, identity),
      TF_VAR_flake: flake,
    };
  }

  /** @throws Error with what Terraform says when it fails */
  async run(...args: string[]): Promise<string> {
    const { code, output } = await this.attempt(...args);
    if (code !== 0) throw new Error(`terraform ${args.join(" ")} ended with ${code.toString()}:\n${output}`);
    return output;
  }

  /** @throws Error unless Terraform refuses to destroy all, because something must not be */
  async proveThatDestroyIsRefused(): Promise<void> {
    const { code, output } = await this.attempt("plan", "-destroy", "-no-color");
    if (code === 0 || !output.includes("Instance cannot be destroyed")) throw new Error(`terraform would destroy everything:\n${output}`);
  }

  private async attempt(...args: string[]): Promise<{ code: number; output: string }> {
    const { exitCode: code, all } = await execa("terraform", args, { cwd: this.folder, env: this.env, reject: false, all: true });
    return { code, output: all ?? "" };
  }
}

/** As a line for the shell of a local-exec. */
function script(file: string, ...args: string[]): string {
  const tsx = createRequire(__filename).resolve("tsx");
  return [process.execPath, "--import", tsx, join(__dirname, file), ...args].map((word) => `'${word}'`).join(" ");
}
