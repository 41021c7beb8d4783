// `vps volume detach NAME`: takes a volume off a server that nobody looks after, e.g. after a `pulumi destroy` that was cut off. A volume
// of the stack leaves by its configuration.
import type { Command } from "commander";
import { ENCRYPTED_LABEL } from "../../../components/labels";
import { release } from "../../../steps/release";
import { StepError } from "../../../steps/stepError";
import type { Registration } from "../../registration";
import { type MachineRecord, openStack } from "../../stack";
import { WrongUsage } from "../../trouble";
import type { CloudVolume } from "../../volumes/cloud";
import { openVolumes, volumeNamed } from "../../volumes/view";
import { workOn } from "../../workOn";

export const detach: Registration = (group) => {
  group
    .command("detach <volume>")
    .description("take a volume off its server, once nothing uses it there; for volumes that are not in the stack's state")
    .action(async (name: string, _options: object, command: Command) => {
      const view = await openVolumes(command);
      const volume = volumeNamed(view, name);
      const resource = view.managed.get(volume.id);
      if (resource !== undefined) {
        throw new WrongUsage({
          what: `${volume.name} belongs to the stack ${view.stack}, as ${resource}, and \`pulumi up\` would attach it again.`,
          next: "Take it out of its machine's `volumes` and run `pulumi up`: the machine switches to a system without it, and the volume is released, detached and kept.",
        });
      }
      if (volume.server === null) {
        console.log(`${volume.name} is on no server: nothing to do.`);
        return;
      }
      const server = await view.cloud.server(volume.server);
      if (server && server.status !== "off") {
        const machine = (await openStack(command)).machines.find((one) => one.document.server.id === server.id);
        if (!machine) throw notOurs(volume, server.name);
        await seeItUnused(machine, volume, view.pulumi.folder);
      }
      await view.cloud.detach(volume.id);
      console.log(`${volume.name} is on no server now. It is kept, with its data: \`vps volume list\`.`);
    });
};

/** The same release as before every detachment (DESIGN §7.2). */
async function seeItUnused(machine: MachineRecord, volume: CloudVolume, project: string): Promise<void> {
  const { version, stack, server, address, ssh } = machine.document;
  const purpose = volume.purpose ?? volume.formerPurpose ?? "volume";
  const known = machine.volumes.find(({ id }) => id === volume.id);
  const encrypted = volume.labels[ENCRYPTED_LABEL] === "true";
  const facts = { name: purpose, id: volume.id, device: volume.device, mountPoint: `/${purpose}`, store: false, encrypted };
  const document = { version, stack, machine: machine.name, server, address, ssh, api: machine.cloud, volume: known ?? facts };
  await workOn(machine, { name: "release", project }, (context) => release(document, context));
}

function notOurs({ name }: CloudVolume, server: string): StepError {
  return new StepError({
    what: `${name} is attached to ${server}, which runs and is none of this stack's machines, so it cannot be seen from here whether the volume is in use.`,
    state: "Nothing was changed.",
    next: `Shut ${server} down in the Hetzner console, then run the same command again.`,
  });
}
