// The same life of a machine led by Terraform and by this program, side by side in one emulated cloud.
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { findExecutable } from "../../toolchain/situation";
import type { Figure, Measured } from "../figure";
import { DEVSERVER, inWorld, MACHINE, type MachineSettings, type World } from "../world";
import { type Leader, live, PHASES, sideBySide, tornIn } from "./life";
import { PEER } from "./peer";
import { ensureProvider } from "./provider";
import { Terraform } from "./terraform";

/** What Terraform calls the volume. */
const VOLUME = "hcloud_volume.home";

export const terraformFigure: Figure = {
  name: "terraform",
  title: "a machine's life by Terraform, side by side",
  minutes: 5,
  measure: async ({ say }) => {
    const missing = ["terraform", "go"].filter((program) => findExecutable(program, process.env) === undefined);
    if (missing.length > 0) return { values: [], parts: [], notes: [`SKIPPED: not on PATH: ${missing.join(", ")}`] };
    const provider = await ensureProvider(say);
    return inWorld({ latencies: "realistic" }, (world) => compare(world, new Terraform(world, provider), say));
  },
};

async function compare(world: World, terraform: Terraform, say: (text: string) => void): Promise<Measured> {
  const ours = await live(world, thisProgram(world), say);
  const theirs = await live(world, byTerraform(world, terraform), say);
  await terraform.proveThatDestroyIsRefused();
  return {
    values: sideBySide(ours, theirs),
    parts: PHASES.flatMap((phase) => [...ours[phase].parts, ...theirs[phase].parts]),
    notes: [
      "Terraform with hcloud_server, hcloud_volume, hcloud_volume_attachment, and local-exec that installs by nixos-anywhere and updates by " +
        "nixos-rebuild (bench/terraform/main.tf). Update: one line of the flake, `terraform apply`. Recreate: " +
        "`terraform apply -replace=hcloud_server.machine`. Destroy: `terraform destroy` is refused, as the volume must not be destroyed; it is " +
        "taken out of the state first. Again: imported, then `terraform apply`",
      "seconds: virtual, until the command has ended and the machine is served; both updates change a comment",
      `torn: detached from, or deleted with, a running server that had it mounted${tornIn(theirs) && `. By Terraform at: ${tornIn(theirs)}`}`,
    ],
  };
}

/** The same change for both: another flake, and so another system. */
function changeFlake({ project }: World): void {
  appendFileSync(join(project.folder, "nix", "flake.nix"), "# a line\n");
}

function thisProgram(world: World): Leader {
  const up = (machine: MachineSettings = DEVSERVER): Promise<unknown> => {
    world.configure({ [MACHINE]: machine });
    return world.stack.up();
  };
  const recreated = { ...DEVSERVER, recreate: 1, strategy: "overlap" };
  return {
    name: "this program",
    machine: MACHINE,
    lead: {
      create: () => up(),
      update: () => {
        changeFlake(world);
        return up();
      },
      recreate: () => up(recreated),
      destroy: () => world.stack.destroy(),
      again: () => up(recreated),
    },
  };
}

function byTerraform(world: World, terraform: Terraform): Leader {
  const apply = (...flags: string[]): Promise<string> => terraform.run("apply", "-auto-approve", "-no-color", ...flags);
  return {
    name: "Terraform",
    machine: PEER,
    lead: {
      create: () => apply(),
      update: () => {
        changeFlake(world);
        return apply();
      },
      recreate: () => apply("-replace=hcloud_server.machine"),
      destroy: async () => {
        await terraform.run("state", "rm", VOLUME);
        return terraform.run("destroy", "-auto-approve", "-no-color");
      },
      again: async () => {
        await terraform.run("import", "-no-color", VOLUME, volumeOf(world, "peer-home"));
        return apply();
      },
    },
  };
}

function volumeOf({ cloud }: World, name: string): string {
  const volume = cloud.snapshot().volumes.find((one) => one.name === name);
  if (!volume) throw new Error(`there is no volume ${name}`);
  return volume.id.toString();
}
