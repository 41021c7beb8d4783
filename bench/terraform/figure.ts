// The same recreate done by Terraform and by this program, side by side in one emulated cloud.
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import execa from "execa";
import { evaluatorCommand, TOKEN } from "../../local/cloud";
import { findExecutable } from "../../toolchain/situation";
import type { Figure, Measured } from "../figure";
import { recreate, type Recreated } from "../recreate";
import { milestones, outageParts } from "../unserved";
import { DEVSERVER, inWorld, MACHINE, type World } from "../world";
import { ensureProvider } from "./provider";

/** Host name of the machine that Terraform makes. */
const PEER = "peer";

export const terraformFigure: Figure = {
  name: "terraform",
  title: "a recreate by Terraform, side by side",
  minutes: 4,
  measure: async ({ say }) => {
    const missing = ["terraform", "go"].filter((program) => findExecutable(program, process.env) === undefined);
    if (missing.length > 0) return { values: [], parts: [], notes: [`SKIPPED: not on PATH: ${missing.join(", ")}`] };
    const provider = await ensureProvider(say);
    return inWorld({ latencies: "realistic" }, (world) => compare(world, new Terraform(world, provider), say));
  },
};

async function compare(world: World, terraform: Terraform, say: (text: string) => void): Promise<Measured> {
  say("by this program");
  world.configure({ [MACHINE]: DEVSERVER });
  await world.stack.up();
  const ours = await recreate(world, { ...DEVSERVER, recreate: 1, strategy: "overlap" }, "this program");
  const tornByUs = torn(world);
  say("by Terraform");
  await terraform.apply();
  const theirs = await byTerraform(world, terraform);
  return {
    values: [
      { key: "peerUnservedOurs", value: ours.seconds, unit: "s" },
      { key: "peerUnservedTerraform", value: theirs.seconds, unit: "s" },
      { key: "peerRequestsOurs", value: ours.requests, unit: "requests" },
      { key: "peerRequestsTerraform", value: theirs.requests, unit: "requests" },
      { key: "peerVolumesTornOurs", value: tornByUs, unit: "volumes", goal: 0 },
      { key: "peerVolumesTornTerraform", value: torn(world) - tornByUs, unit: "volumes" },
    ],
    parts: [...ours.parts, ...theirs.parts],
    notes: [
      "Terraform with hcloud_server, hcloud_volume, hcloud_volume_attachment and nixos-anywhere by local-exec (bench/terraform/main.tf), " +
        "recreated by `terraform apply -replace=hcloud_server.machine`",
      "torn: detached from, or deleted with, a running server that had it mounted",
    ],
  };
}

/** Volumes that were taken from a running server which had them mounted. */
function torn({ cloud }: World): number {
  const volumes = cloud.journal.violations().flatMap(({ text }) => /^volume (\d+) /.exec(text)?.[1] ?? []);
  return new Set(volumes).size;
}

async function byTerraform(world: World, terraform: Terraform): Promise<Recreated> {
  const { cloud, events } = world;
  const [mark, from] = [events.mark(), cloud.clock.now()];
  await terraform.apply("-replace=hcloud_server.machine");
  const to = cloud.clock.now();
  const unserved = (begin: number, end: number): number => cloud.unserved(PEER, begin, end);
  return {
    seconds: unserved(from, to) / 1000,
    requests: events.requestsSince(mark).length,
    parts: outageParts("Terraform", unserved, milestones(cloud, from, to), from, to),
  };
}

/** Terraform in a folder of its own, with our provider and the ways to emulated machines. */
class Terraform {
  private readonly folder: string;
  private readonly env: Record<string, string>;

  constructor(
    private readonly world: World,
    provider: string,
  ) {
    const { cloud, project } = world;
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
    const tsx = createRequire(__filename).resolve("tsx");
    const install = [
      process.execPath,
      "--import",
      tsx,
      join(__dirname, "install.ts"),
      join(project.folder, "nix"),
      `${identity}.pub`,
      identity,
    ];
    this.env = {
      PATH: [join(this.folder, "bin"), cloud.operatorBin, process.env["PATH"] ?? ""].join(delimiter),
      HCLOUD_ENDPOINT: cloud.url,
      HCLOUD_TOKEN: TOKEN,
      HCLOUD_EMULATOR_EVALUATOR: JSON.stringify(evaluatorCommand),
      TF_CLI_CONFIG_FILE: rc,
      TF_IN_AUTOMATION: "1",
      CHECKPOINT_DISABLE: "1",
      TF_VAR_public_key: readFileSync(`${identity}.pub`, "utf8").trim(),
      TF_VAR_install: install.map((word) => `'${word}'`).join(" "),
    };
  }

  /** Resolves when the machine is served: an install ends as soon as the restart has begun. */
  async apply(...flags: string[]): Promise<void> {
    const run = await execa("terraform", ["apply", "-auto-approve", "-no-color", ...flags], {
      cwd: this.folder,
      env: this.env,
      reject: false,
      all: true,
    });
    if (run.exitCode !== 0) throw new Error(`terraform apply ended with ${run.exitCode.toString()}:\n${run.all ?? ""}`);
    while (!this.world.cloud.isServed(PEER)) await sleep(20);
  }
}
