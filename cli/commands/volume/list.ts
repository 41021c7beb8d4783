// `vps volume list [MACHINE]`: the stack's volumes at Hetzner, also those that `pulumi destroy` has kept and nobody looks after.
import type { Command } from "commander";
import type { Registration } from "../../registration";
import { table } from "../../table";
import type { CloudVolume } from "../../volumes/cloud";
import { openVolumes, type StackVolumes } from "../../volumes/view";

export const list: Registration = (group) => {
  group
    .command("list [machine]")
    .description("list the volumes of the stack, or of one machine, with those that were kept")
    .option("--json", "as one JSON document")
    .action(async (machine: string | undefined, options: { json?: true }, command: Command) => {
      const view = await openVolumes(command);
      const volumes = view.all.filter((volume) => machine === undefined || volume.machine === machine);
      if (options.json) console.log(JSON.stringify({ stack: view.stack, volumes: volumes.map((volume) => inJson(view, volume)) }));
      else if (volumes.length === 0) console.log(`The stack ${view.stack} has no volume${machine === undefined ? "" : ` of ${machine}`}.`);
      else console.log(table(["name", "id", "machine", "volume", "size", "location", "server", ""], volumes.map(row(view))));
    });
};

const row = (view: StackVolumes) => (volume: CloudVolume) => [
  volume.name,
  volume.id.toString(),
  volume.machine ?? "",
  volume.purpose ?? volume.formerPurpose ?? "",
  `${volume.size} GB`,
  volume.location,
  volume.server?.toString() ?? "none",
  standing(view, volume).words,
];

function inJson(view: StackVolumes, volume: CloudVolume): object {
  const { id, name, machine, purpose, formerPurpose, size, location, server, isProtected } = volume;
  return { id, name, machine, purpose, formerPurpose, size, location, server, isProtected, standing: standing(view, volume).code };
}

/** What the next `pulumi up` makes of it. */
function standing({ managed }: StackVolumes, { id, purpose, formerPurpose, copyOf, server }: CloudVolume): { code: string; words: string } {
  if (managed.has(id)) return { code: "managed", words: "in use by the stack" };
  if (purpose !== undefined && server !== null) return { code: "attached", words: "attached, but not in the stack's state" };
  if (purpose !== undefined) return { code: "kept", words: "kept: the next `pulumi up` that asks for it takes it" };
  if (copyOf !== undefined && formerPurpose === undefined) return { code: "copy", words: `unfinished copy of ${copyOf}` };
  return { code: "former", words: "replaced by another; kept until `vps volume delete`" };
}
