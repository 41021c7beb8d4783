// `vps volume initialise MACHINE VOLUME`: what Hetzner does to a new volume that is not encrypted, and nothing else here ever does: a file
// system. Once, on order, and after every byte of the volume was seen to be empty.
import type { Command } from "commander";
import { whyNotPassphrase } from "../../../config/reading/passphrase";
import { type Found, initialiseVolume, lookAtVolume } from "../../../steps/volumes/initialise";
import { secretsOf } from "../../../steps/readDocument";
import type { Registration } from "../../registration";
import { Stack } from "../../stack";
import { WrongUsage } from "../../trouble";
import type { CloudVolume } from "../../volumes/cloud";
import { requireName, requirePerson, typedName } from "../../volumes/typedName";
import { openVolumes, type StackVolumes, volumesFor } from "../../volumes/view";
import { workAt } from "../../workOn";

export const initialise: Registration = (group) => {
  group
    .command("initialise <machine> <volume>")
    .description("prepare a new, empty volume for encryption, once: LUKS and an ext4 in it; its name has to be typed")
    .option("--yes", "go on without asking for the volume's name, for scripts")
    .action(async (machine: string, purpose: string, options: { yes?: true }, command: Command) => {
      const view = await openVolumes(command);
      const passphrase = passphraseOf(view, machine, purpose);
      const volume = attached(view, machine, purpose);
      const document = (await Stack.read(view.pulumi)).leases.find((lease) => lease.volume.id === volume.id);
      if (!document || document.server.id !== volume.server) throw notLeased(machine, volume);
      if (!options.yes) requirePerson(volume.name, `vps volume initialise ${machine} ${purpose} --yes`);

      const place = { stack: view.stack, machine, secrets: [...secretsOf(document), passphrase] };
      const done = await workAt(place, { name: "initialise", project: view.pulumi.folder }, async (context) => {
        const { connection, found } = await lookAtVolume(document, context);
        if (found === "done") return false;
        if (!options.yes) {
          const typed = await typedName(whatHappens(volume, document.server.name, found));
          requireName(typed, volume.name, "Run the command again and type exactly this name.");
        }
        await initialiseVolume(document, { connection, passphrase }, context);
        return true;
      });
      console.log(
        done
          ? `${volume.name} (${volume.id}) is encrypted and empty now. Run \`pulumi up\`: ${machine} uses it.`
          : `${volume.name} (${volume.id}) holds LUKS already: nothing was done. \`pulumi up\` sees whether the passphrase opens it.`,
      );
    });
};

/** What is made here is opened by `pulumi up` with what the configuration says, so that is what it gets. */
function passphraseOf({ written }: StackVolumes, machine: string, purpose: string): string {
  const place = `nixos-vps:machines.${machine}.volumes.${purpose}`;
  const volume = written.get(machine)?.volumes[purpose];
  if (!volume) {
    throw new WrongUsage({
      what: `The configuration has no volume ${purpose} of a machine ${machine}.`,
      next: "See what there is: vps volume list.",
    });
  }
  if (volume.encrypted !== true) {
    throw new WrongUsage({
      what: `The volume ${purpose} of ${machine} is not to be encrypted: Hetzner makes its file system.`,
      next: "Run `pulumi up`. If it is to be encrypted, write `encrypted: true` and its passphrase before it is made.",
    });
  }
  const { passphrase } = volume;
  const why = passphrase === undefined ? "is missing" : whyNotPassphrase(passphrase);
  if (typeof passphrase === "string" && why === undefined) return passphrase;
  throw new WrongUsage({
    what: `${place}.passphrase ${why ?? "is no text"}`,
    next: `Set it: pulumi config set --secret --path '${place}.passphrase'. Then run the same command again.`,
  });
}

function attached(view: StackVolumes, machine: string, purpose: string): CloudVolume {
  const [volume, other] = volumesFor(view, machine, purpose);
  if (!volume || other) {
    throw new WrongUsage({
      what: volume ? `Two volumes carry the labels of ${purpose} of ${machine}.` : `There is no volume ${purpose} of ${machine} yet.`,
      next: volume
        ? "`pulumi up` says what to do about that."
        : "Run `pulumi up`: it makes the volume, attaches it, and stops where it is to be initialised.",
    });
  }
  if (volume.server === null) throw notLeased(machine, volume);
  return volume;
}

function notLeased(machine: string, { name }: CloudVolume): WrongUsage {
  return new WrongUsage({
    what: `${name} is not on the server of ${machine}, and a volume is initialised there.`,
    next: "Run `pulumi up`: it attaches the volume, and stops where it is to be initialised.",
  });
}

function whatHappens({ name, id, size, location }: CloudVolume, server: string, found: Found): string {
  const holds =
    found === "nothing"
      ? "Nothing could be recognised on it."
      : "An initialisation of it was cut off; it is gone on with, as no file system on it was ever used.";
  return [
    `${name} (${id}, ${size} GB in ${location}, on ${server}): ${holds}`,
    "First every byte of it is read, which takes about five minutes for 100 GB. If one is not zero, nothing is written and this ends.",
    "Then it gets LUKS and an empty ext4 in it. The passphrase is the one in the configuration: without it nobody can ever read what will be",
    "on the volume, so keep a copy of it where you find it when this computer and Pulumi's state are gone.",
  ].join("\n");
}
