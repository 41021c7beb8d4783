// `vps volume move MACHINE VOLUME --to LOCATION`: volumes cannot leave their location, so it is copied, compared, and the copy becomes the
// machine's. The original is kept until somebody deletes it.
import { type Command, InvalidArgumentError } from "commander";
import { PURPOSE_LABEL } from "../../../components/labels";
import { LOCATIONS } from "../../../config/hetzner/locations";
import type { StepContext } from "../../../steps/context";
import type { Registration } from "../../registration";
import { Interrupted, WrongUsage } from "../../trouble";
import { COPY_LABEL, type CloudVolume } from "../../volumes/cloud";
import { handOver } from "../../volumes/handOver";
import { copyVolume } from "../../volumes/move/copyVolume";
import { Helpers } from "../../volumes/move/helpers";
import { openVolumes, refuseWhileManaged, type StackVolumes, volumesFor } from "../../volumes/view";
import { workAt } from "../../workOn";

interface Wanted {
  machine: string;
  purpose: string;
  /** Location. */
  to: string;
}

export const move: Registration = (group) => {
  group
    .command("move <machine> <volume>")
    .description("copy a released volume to another location and let the machine use the copy; the original is kept")
    .requiredOption("--to <location>", "where it is to be, e.g. nbg1", location)
    .action(async (machine: string, purpose: string, { to }: { to: string }, command: Command) => {
      const view = await openVolumes(command);
      const wanted = { machine, purpose, to };
      const claims = volumesFor(view, machine, purpose);
      const source = claims.find((volume) => volume.location !== to);
      const there = claims.find((volume) => volume.location === to);
      if (!source) {
        if (!there) throw nothingToMove(view, wanted);
        // Cut off at the very end of its hand-over, it would be called an unfinished copy once another volume has its place.
        if (there.copyOf !== undefined) await handOver(view, { adopted: there, formers: [], machine, purpose });
        console.log(`${there.name} (${there.id}) is in ${to} already: nothing to do.`);
        return;
      }
      refuseWhileManaged(view, machine, purpose);
      if (there && there.copyOf !== source.id) throw twoClaim(source, there);
      const copy = there ?? (await makeAlone(view, source, wanted));
      // With the copy whole, one claim after the other: cut off here, the same command ends it.
      await handOver(view, { adopted: copy, formers: [source], machine, purpose });
      console.log(inWords(source, copy, wanted));
    });
};

/** Nobody else works on the machine meanwhile, and no server is left over, also when a signal ends it. */
async function makeAlone(view: StackVolumes, source: CloudVolume, wanted: Wanted): Promise<CloudVolume> {
  const place = { stack: view.stack, machine: wanted.machine, secrets: [view.access.token] };
  try {
    return await workAt(place, { name: "move", project: view.pulumi.folder }, (context) => make(view, source, wanted, context));
  } catch (error) {
    if (error instanceof Interrupted) await new Helpers(view.access, view.stack, source).remove();
    throw error;
  }
}

/** @returns the copy, whole and compared, on no server any more */
async function make(view: StackVolumes, source: CloudVolume, wanted: Wanted, context: StepContext): Promise<CloudVolume> {
  const helpers = new Helpers(view.access, view.stack, source);
  await helpers.remove();
  // Volumes were on those servers a moment ago.
  const all = await view.cloud.volumesOf(view.stack);
  const original = all.find(({ id }) => id === source.id);
  if (!original || original.server !== null) throw inUse(original ?? source);
  const copy = await copyOf({ ...view, all }, original, wanted);
  if (copy.server !== null) throw inUse(copy);
  try {
    context.progress.phase(`making a server in ${original.location} and one in ${wanted.to}`);
    const [from, to] = await helpers.make(context, [original, copy]);
    if (!from || !to) throw new Error("a server is missing");
    const report = await copyVolume(
      context,
      { connection: from, device: original.device, name: original.name, id: original.id },
      { connection: to, device: copy.device, name: copy.name },
      original.size,
    );
    context.progress.say(`all ${report.pieces} pieces are equal; ${report.sent} had to be sent`);
  } finally {
    await helpers.remove();
  }
  return copy;
}

/** The copy that an earlier run began, or a new volume with nothing on it. Only what was made for this is ever written to. */
async function copyOf({ cloud, all, stack }: StackVolumes, source: CloudVolume, { machine, purpose, to }: Wanted): Promise<CloudVolume> {
  const begun = all.find(
    (volume) => volume.copyOf === source.id && volume.location === to && volume.purpose === undefined && volume.formerPurpose === undefined,
  );
  if (begun && begun.size >= source.size) return begun;
  if (begun) {
    throw new WrongUsage({
      what: `The unfinished copy ${begun.name} has ${begun.size} GB, and ${source.name} has grown to ${source.size} GB.`,
      next: `Delete the unfinished copy: vps volume delete ${begun.name}. Then run the same command again.`,
    });
  }
  const name = `${stack}-${machine}-${purpose}-${to}`;
  const taken = all.some((volume) => volume.name === name);
  const labels = Object.fromEntries(Object.entries(source.labels).filter(([label]) => label !== PURPOSE_LABEL));
  return cloud.create({
    name: taken ? `${name}-${source.id}`.slice(-64) : name.slice(0, 64),
    size: source.size,
    location: to,
    labels: { ...labels, [COPY_LABEL]: source.id.toString() },
  });
}

function nothingToMove({ stack }: StackVolumes, { machine, purpose }: Wanted): WrongUsage {
  return new WrongUsage({
    what: `The stack ${stack} has no volume ${purpose} of a machine ${machine}.`,
    next: "See what there is: vps volume list.",
  });
}

function twoClaim(one: CloudVolume, other: CloudVolume): WrongUsage {
  return new WrongUsage({
    what: `Both ${one.name} (${one.id}) and ${other.name} (${other.id}) carry the labels of this volume, and neither is a copy of the other made here.`,
    next: "Remove the label nixos-vps/purpose from the one that is not to be used, in the Hetzner console.",
  });
}

function inUse({ name, server }: CloudVolume): WrongUsage {
  return new WrongUsage({
    what: `${name} is attached to the server ${server ?? "?"}, and what is in use cannot be copied as a whole.`,
    next: `Release it first: vps volume detach ${name}.`,
  });
}

function inWords(source: CloudVolume, copy: CloudVolume, { machine, to }: Wanted): string {
  return [
    `${copy.name} (${copy.id}) in ${to} is an exact copy of ${source.name} (${source.id}) and takes its place.`,
    `Set the location of ${machine} to ${to} and run \`pulumi up\`: it uses the copy.`,
    `The original is kept in ${source.location}. Once you are sure that all is there: vps volume delete ${source.name}`,
  ].join("\n");
}

function location(text: string): string {
  if ((LOCATIONS as readonly string[]).includes(text)) return text;
  throw new InvalidArgumentError(`A location is one of ${LOCATIONS.join(", ")}.`);
}
