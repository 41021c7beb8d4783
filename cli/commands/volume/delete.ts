// `vps volume delete NAME`: the one command of this project that deletes data, and it has the name typed out (DESIGN §7.1).
import type { Command } from "commander";
import { StepError } from "../../../steps/stepError";
import type { Registration } from "../../registration";
import { WrongUsage } from "../../trouble";
import type { CloudVolume } from "../../volumes/cloud";
import { requireName, requirePerson, typedName } from "../../volumes/typedName";
import { openVolumes, type StackVolumes, volumeNamed, whose } from "../../volumes/view";

export const deleteVolume: Registration = (group) => {
  group
    .command("delete <volume>")
    .description("delete a volume and all data on it, for ever; its name has to be typed")
    .option("--name-typed <name>", "the volume's name once more, for scripts; without it one is asked")
    .action(async (name: string, options: { nameTyped?: string }, command: Command) => {
      const view = await openVolumes(command);
      const volume = volumeNamed(view, name);
      refuseWhileUsed(view, volume);
      const typed = options.nameTyped ?? (await ask(volume));
      requireName(typed, volume.name, "If it is to be deleted with all its data, run the command again and type exactly this name.");
      await remove(view, volume);
      console.log(
        `${volume.name} (${volume.id}, ${whose(volume)}, ${volume.size} GB in ${volume.location}) is deleted. Its data is gone for good.`,
      );
    });
};

function refuseWhileUsed({ managed, stack }: StackVolumes, volume: CloudVolume): void {
  const resource = managed.get(volume.id);
  if (resource !== undefined) {
    throw new WrongUsage({
      what: `${volume.name} is in use: the stack ${stack} has it as ${resource}.`,
      next: `Take the volume (or its machine) out of the configuration and run \`pulumi up\`, which keeps it; then delete it.`,
    });
  }
  if (volume.server !== null) {
    throw new WrongUsage({
      what: `${volume.name} is attached to the server ${volume.server}.`,
      next: `Run \`vps volume detach ${volume.name}\` first.`,
    });
  }
}

async function ask({ name, size, location }: CloudVolume): Promise<string> {
  requirePerson(name, `vps volume delete ${name} --name-typed ${name}`);
  return typedName(`This deletes ${name} (${size} GB in ${location}) with all data on it. Nothing can bring it back.`);
}

async function remove({ cloud }: StackVolumes, volume: CloudVolume): Promise<void> {
  // Somebody may have attached it while the name was typed; Hetzner itself refuses to delete one that is attached.
  const now = await cloud.find(volume.id);
  if (!now) return;
  if (now.isProtected) await cloud.protect(now.id, false);
  try {
    await cloud.deleteVolume(now.id);
  } catch (error) {
    if (now.isProtected) await cloud.protect(now.id, true);
    throw new StepError({
      what: `${now.name} could not be deleted: ${error instanceof Error ? error.message : String(error)}`,
      state: "It is as it was, its protection included.",
      next: "See in the Hetzner console what uses it, then run the same command again.",
    });
  }
}
