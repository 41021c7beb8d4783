// `vps volume adopt MACHINE VOLUME --id N`: another volume becomes the machine's, e.g. one that was restored or copied. Labels alone say
// which one the next `pulumi up` takes, so labels alone are changed; the former volume is kept as it is.
import { type Command, InvalidArgumentError } from "commander";
import type { Registration } from "../../registration";
import { WrongUsage } from "../../trouble";
import type { CloudVolume } from "../../volumes/cloud";
import { handOver } from "../../volumes/handOver";
import { openVolumes, refuseWhileManaged, type StackVolumes, strangerTo, volumesFor, whose } from "../../volumes/view";

export const adopt: Registration = (group) => {
  group
    .command("adopt <machine> <volume>")
    .description("let the next `pulumi up` use another volume as this one of the machine; the former one is kept")
    .requiredOption("--id <id>", "Hetzner's id of the volume to use", volumeId)
    .action(async (machine: string, purpose: string, options: { id: number }, command: Command) => {
      const view = await openVolumes(command);
      const adopted = await view.cloud.find(options.id);
      if (!adopted)
        throw new WrongUsage({ what: `There is no volume ${options.id} in this project.`, next: "See its id in the Hetzner console." });
      const formers = volumesFor(view, machine, purpose).filter(({ id }) => id !== adopted.id);
      refuseWhileManaged(view, machine, purpose);
      refuseUnfit(view, adopted, { machine, purpose, formers });
      await handOver(view, { adopted, formers, machine, purpose });
      console.log(inWords(adopted, formers, machine, purpose));
    });
};

interface Place {
  machine: string;
  purpose: string;
  formers: CloudVolume[];
}

function refuseUnfit({ stack, written, managed }: StackVolumes, volume: CloudVolume, { machine, purpose, formers }: Place): void {
  const say = (what: string, next: string): never => {
    throw new WrongUsage({ what: `${volume.name} (${volume.id}) ${what}`, next });
  };
  const resource = managed.get(volume.id);
  if (resource !== undefined) {
    say(`is in use by this stack, as ${resource}.`, "Take that volume out of the configuration and run `pulumi up`; then adopt it.");
  }
  if (strangerTo(volume, stack, machine)) {
    say(
      `carries the labels of the stack ${volume.stack ?? "?"}, ${whose(volume)}.`,
      "If it is to leave its machine for this one, take the labels nixos-vps/… off it in the Hetzner console first.",
    );
  }
  if (volume.purpose !== undefined && volume.purpose !== purpose) {
    say(
      `is the volume ${whose(volume)}.`,
      "Take the label nixos-vps/purpose off it in the Hetzner console, if it is to become another one.",
    );
  }
  if (volume.server !== null)
    say(`is attached to the server ${volume.server}.`, "Detach it there, once nothing uses it (vps volume detach).");
  if (volume.format === "xfs") say("was made with XFS, and volumes here are ext4.", "Copy its files onto an ext4 volume and adopt that.");
  const location = written.get(machine)?.location ?? formers[0]?.location;
  if (location !== undefined && location !== volume.location) {
    say(
      `is in ${volume.location}, but ${machine} is in ${location}.`,
      `Volumes cannot be attached elsewhere. \`vps volume move\` copies one to another location.`,
    );
  }
}

function inWords(adopted: CloudVolume, formers: CloudVolume[], machine: string, purpose: string): string {
  return [
    `The next \`pulumi up\` with a volume ${purpose} at ${machine} uses ${adopted.name} (${adopted.id}).`,
    `Its size in the configuration must be ${adopted.size} or more. What it holds is looked at before anything is mounted: only a sound ext4 is taken.`,
    ...formers.map(({ name, id }) => `${name} (${id}) is kept with its data; it costs until \`vps volume delete ${name}\`.`),
  ].join("\n");
}

function volumeId(text: string): number {
  if (!/^[1-9]\d{0,15}$/.test(text)) throw new InvalidArgumentError("An id is a whole number, as the Hetzner console shows it.");
  return Number(text);
}
