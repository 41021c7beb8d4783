import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import { volumeNameAtHetzner } from "../config";
import type { CloudAccess, ExistingVolume } from "./cloud";
import type { FormerVolumes } from "./formerVolumes";
import { refuseSecondVolume } from "./hooks/refuseSecondVolume";
import { volumeLabels } from "./labels";

/** What a machine asks for. */
export interface WantedVolume {
  /** The machine that the volume belongs to, e.g. `devserver`. Part of its name and labels for ever. */
  machine: string;
  /** What it is for, e.g. `home`. Unique within the machine. */
  purpose: string;
  /** Size in GB, 10 to 10240. Growing is done in place; a smaller number than today's is refused. */
  size: number;
  /** Hetzner location, e.g. `fsn1`. Servers that use the volume must be there too. */
  location: string;
  /** LUKS on it: then Hetzner makes no file system on a new one, and `vps volume initialise` does, once. */
  encrypted: boolean;
  /** Labels of a person's own. */
  labels?: Record<string, string>;
  /** Volumes of this stack that exist already; the one of this machine and purpose is used again. */
  existing: ExistingVolume[];
}

export interface PersistentVolumeArgs extends WantedVolume {
  /** To ask what became of a volume that the machine had and that is not found. */
  cloud: pulumi.Input<CloudAccess>;
  /** What the last `up` knew: such a volume is not made a second time. */
  former: FormerVolumes;
}

/**
 * A Hetzner volume that outlives its servers, its stack and `pulumi destroy`.
 *
 * ### Cost
 * Billed per GB and month for as long as it exists, attached or not, and also after `pulumi destroy`.
 *
 * @throws {pulumi.RunError} when the volume would have to shrink, to change its location or to be encrypted or decrypted, or when two
 * volumes claim to be it
 *
 * @example
 * ```ts
 * const home = new PersistentVolume("devserver-home", { machine: "devserver", purpose: "home", size: 50, location: "fsn1", encrypted: false, existing, cloud, former: await formerVolumes() });
 * ```
 */
export class PersistentVolume extends pulumi.ComponentResource {
  /** Numeric id, as the API's attach call wants it. */
  readonly volumeId: pulumi.Output<number>;
  /** Where the kernel shows it, e.g. `/dev/disk/by-id/scsi-0HC_Volume_103912881`. */
  readonly device: pulumi.Output<string>;
  /** In GB, once Hetzner has made it so. */
  readonly size: pulumi.Output<number>;

  constructor(name: string, args: PersistentVolumeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nixos-vps:index:PersistentVolume", name, {}, opts);
    const existing = volumeToUse(name, args);

    const volume = new hcloud.Volume(
      name,
      {
        name: existing?.name ?? volumeNameAtHetzner(pulumi.getStack(), args.machine, args.purpose),
        size: args.size,
        location: args.location,
        // Without a format a new volume is blank.
        ...(!args.encrypted && { format: "ext4" }),
        labels: volumeLabels(pulumi.getStack(), args.machine, args, args.labels),
        deleteProtection: true,
      },
      {
        parent: this,
        retainOnDelete: true, // not `protect`: it would make `pulumi destroy` fail half-way (facts 2.2)
        import: existing?.id.toString(), // no-op while the state holds this id, adoption when it is empty (facts 2.3)
        ignoreChanges: [
          "format", // acts at creation only and is never read back (facts 3.2)
          // An `up` that was killed when Hetzner had resized it, or the console, has done it: a second time is refused by Hetzner (seen).
          ...(existing?.size === args.size ? ["size"] : []),
        ],
        ...(!existing && { hooks: refuseSecondVolume(name, args) }),
      },
    );

    this.volumeId = volume.id.apply(Number);
    this.device = volume.linuxDevice;
    // The state may not have heard of its size yet, see above; the file system follows all the same.
    this.size = volume.size.apply((size) => Math.max(size, existing?.size ?? 0));
    this.registerOutputs({ volumeId: this.volumeId, device: this.device, size: this.size });
  }
}

/**
 * The volume that exists already for a machine and purpose, if there is one and it may become what is asked for. Call it for all volumes
 * of a stack before the first resource is declared: what is declared may be under way at Hetzner before a later refusal is heard.
 *
 * @throws {pulumi.RunError} when data could be lost
 */
export function volumeToUse(name: string, args: WantedVolume): ExistingVolume | undefined {
  const existing = findExisting(name, args);
  if (existing) refuseToLoseData(name, args, existing);
  return existing;
}

function findExisting(name: string, { machine, purpose, existing }: WantedVolume): ExistingVolume | undefined {
  const claims = existing.filter((volume) => volume.machine === machine && volume.purpose === purpose);
  if (claims.length > 1) {
    const ids = claims.map((volume) => `${volume.id.toString()} (${volume.name})`).join(" and ");
    throw new pulumi.RunError(
      `${name}: the volumes ${ids} both carry the labels of this one, and which holds your data cannot be told from here. ` +
        "Nothing was changed. Remove the label nixos-vps/purpose from the one that is not to be used, in Hetzner's console.",
    );
  }
  return claims[0];
}

function refuseToLoseData(name: string, wanted: WantedVolume, existing: ExistingVolume): void {
  const { size, location } = wanted;
  if (size < existing.size) {
    throw new pulumi.RunError(
      `${name}: the volume holds ${existing.size.toString()} GB and cannot shrink to ${size.toString()} GB. Nothing was changed. ` +
        `Set its size to ${existing.size.toString()} or more.`,
    );
  }
  if (location !== existing.location) {
    throw new pulumi.RunError(
      `${name}: the volume is in ${existing.location} and volumes cannot change location, but the machine asks for ${location}. ` +
        `Nothing was changed. Set the machine's location to ${existing.location}, or copy the volume there: docs/volumes.md, "Move to another location".`,
    );
  }
  refuseToConvert(name, wanted, existing);
}

/** The step that looks at the device would refuse it as well, but in the middle of an `up`. */
function refuseToConvert(name: string, { encrypted, machine, purpose }: WantedVolume, { holds, name: volume }: ExistingVolume): void {
  const second = `add a second volume to ${machine}, under another name, and copy the files (docs/volumes.md, "Encryption").`;
  if (encrypted && holds !== undefined && holds !== "luks") {
    throw new pulumi.RunError(
      `${name}: ${volume} is not encrypted (it holds ${holds}), and nothing here encrypts what is there already. Nothing was changed. ` +
        `Take \`encrypted\` and \`passphrase\` out of the volume ${purpose}, or, to have the data encrypted, ${second}`,
    );
  }
  if (!encrypted && holds === "luks") {
    throw new pulumi.RunError(
      `${name}: ${volume} is encrypted, and nothing here decrypts what is there already. Nothing was changed. ` +
        `Put \`encrypted: true\` and its passphrase back at the volume ${purpose}, or, to have the data without encryption, ${second}`,
    );
  }
}
