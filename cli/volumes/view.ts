// What is known of a stack's volumes: by its state, by its configuration, and by Hetzner.
import type { Command } from "commander";
import { z } from "zod";
import { labelValue } from "../../components/labels";
import { nearest } from "../../config/reading/nearest";
import { Pulumi } from "../pulumi";
import { parseCheckpoint } from "../stack";
import { WrongUsage } from "../trouble";
import { type CloudVolume, VolumeCloud } from "./cloud";

const settingsShape = z.record(z.string(), z.object({ value: z.string().optional(), objectValue: z.unknown().optional() }));
const machinesShape = z.record(
  z.string(),
  z.object({
    location: z.string().optional(),
    volumes: z.record(z.string(), z.object({ encrypted: z.boolean().optional(), passphrase: z.unknown().optional() })).catch({}),
  }),
);

export interface StackVolumes {
  pulumi: Pulumi;
  /** Name of the stack. */
  stack: string;
  cloud: VolumeCloud;
  access: { endpoint: string; token: string };
  /** All that carry the stack's label. */
  all: CloudVolume[];
  /** Ids of the volumes that the state knows, i.e. that `pulumi up` looks after, and the resources' names, e.g. `devserver-home`. */
  managed: Map<number, string>;
  /** The machines as they stand in the configuration: where they are to be, and the passphrases of their volumes. */
  written: Map<string, z.output<typeof machinesShape>[string]>;
}

/** Reads the stack that the command line names. Changes nothing. */
export async function openVolumes(command: Command): Promise<StackVolumes> {
  const pulumi = await Pulumi.open(command.optsWithGlobals());
  const stack = (await pulumi.run(["stack", "--show-name"])).trim();
  const settings = settingsShape.parse(JSON.parse(await pulumi.run(["config", "--json", "--show-secrets"])));
  const { deployment } = parseCheckpoint(await pulumi.run(["stack", "export"]));
  const managed = new Map(
    (deployment.resources ?? [])
      .filter(({ type }) => type === "hcloud:index/volume:Volume")
      .map((resource) => [Number(resource["id"]), resource.urn.slice(resource.urn.lastIndexOf("::") + 2)]),
  );
  const written = machinesShape.safeParse(objectOf(settings["nixos-vps:machines"]));
  const access = cloudAccess(settings);
  const cloud = new VolumeCloud(access);
  return {
    pulumi,
    stack,
    access,
    cloud,
    all: await cloud.volumesOf(stack),
    managed,
    written: new Map(Object.entries(written.data ?? {})),
  };
}

/**
 * A volume by its name at Hetzner or its id.
 *
 * @throws {WrongUsage} when this stack has none such
 */
export function volumeNamed({ all, stack }: StackVolumes, name: string): CloudVolume {
  const found = all.find((volume) => volume.name === name || volume.id.toString() === name);
  if (found) return found;
  const names = all.map((volume) => volume.name);
  const meant = nearest(name, names);
  throw new WrongUsage({
    what: `No volume of the stack ${stack} is called "${name}" or has this id.`,
    next: `${meant === undefined ? "" : `Did you mean ${meant}? `}${names.length === 0 ? "There is none" : `There are: ${names.join(", ")}`} (vps volume list).`,
  });
}

/**
 * The volume that the next `pulumi up` takes for a machine and purpose.
 *
 * @throws {WrongUsage} when two claim to be it
 */
export function volumesFor({ all }: StackVolumes, machine: string, purpose: string): CloudVolume[] {
  return all.filter((volume) => volume.machine === machine && volume.purpose === purpose);
}

/** @throws {WrongUsage} when the state has a volume under this name: what it stands for must not change behind its back */
export function refuseWhileManaged({ managed, stack }: StackVolumes, machine: string, purpose: string): void {
  if (![...managed.values()].includes(`${machine}-${purpose}`)) return;
  throw new WrongUsage({
    what: `${machine} uses its volume ${purpose} at the moment: the stack ${stack} has it in its state.`,
    next:
      `Comment ${machine} out in the configuration (or only its volume ${purpose}, if that does not carry /nix) and run \`pulumi up\`: ` +
      "the volume is released, detached and kept. Then run this command again, put the lines back and run `pulumi up`.",
  });
}

/** What a person calls it: `home of devserver`. */
export function whose({ machine, purpose, formerPurpose }: CloudVolume): string {
  if (machine === undefined) return "nobody's";
  return purpose === undefined ? `formerly ${formerPurpose ?? "a volume"} of ${machine}` : `${purpose} of ${machine}`;
}

/** Whether a volume carries another stack's label, or another machine's. */
export function strangerTo(volume: CloudVolume, stack: string, machine: string): boolean {
  return (volume.stack !== undefined && volume.stack !== labelValue(stack)) || (volume.machine !== undefined && volume.machine !== machine);
}

function cloudAccess(settings: z.infer<typeof settingsShape>): { endpoint: string; token: string } {
  const token = process.env["HCLOUD_TOKEN"] ?? settings["hcloud:token"]?.value;
  if (!token) {
    throw new WrongUsage({
      what: "There is no API token for Hetzner Cloud.",
      next: "Set one: pulumi config set --secret hcloud:token, or HCLOUD_TOKEN in the environment.",
    });
  }
  const endpoint = settings["hcloud:endpoint"]?.value ?? process.env["HCLOUD_ENDPOINT"] ?? "https://api.hetzner.cloud/v1";
  return { endpoint, token };
}

function objectOf(setting: z.infer<typeof settingsShape>[string] | undefined): unknown {
  if (setting?.objectValue !== undefined) return setting.objectValue;
  try {
    return JSON.parse(setting?.value ?? "{}") as unknown;
  } catch {
    return {};
  }
}
