import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import type { MachineConfig, VolumeConfig } from "../config";
import type { StepInput } from "../steps/documents";
import type { VolumeFacts } from "../steps/facts";
import type { CloudAccess, ExistingVolume } from "./cloud";
import type { FormerVolumes } from "./formerVolumes";
import { detachUnknown } from "./hooks/detachUnknown";
import { PersistentVolume, volumeToUse, type WantedVolume } from "./persistentVolume";
import { stepCommand } from "./stepCommand";

type Lease = ReturnType<typeof stepCommand<"lease">>["command"];

export interface MachineStorageArgs {
  config: MachineConfig;
  /** Volumes of this stack that exist already. */
  existing: ExistingVolume[];
  /** Volumes that its last `up` knew. */
  former: FormerVolumes;
  cloud: pulumi.Input<CloudAccess>;
}

export interface LeaseArgs {
  serverId: pulumi.Output<number>;
  connection: pulumi.Output<Omit<StepInput<"lease">, "volume" | "size">>;
  cloud: pulumi.Input<CloudAccess>;
  /** Volumes leave the old server only once the new one is staged. */
  stage: pulumi.Resource;
}

/**
 * The volumes of a machine and, server by server, its right to use them.
 *
 * ### Cost
 * Every volume is billed by GB and month until it is deleted by hand, also after `pulumi destroy`.
 */
export class MachineStorage {
  /** What Nix has to know of the volumes. */
  readonly facts: pulumi.Output<VolumeFacts[]>;
  /** By name of the volume. */
  readonly volumeIds: pulumi.Output<Record<string, number>>;
  private readonly volumes: { config: VolumeConfig; volume: PersistentVolume; facts: pulumi.Output<VolumeFacts> }[];

  constructor(
    private readonly name: string,
    { config, existing, former, cloud }: MachineStorageArgs,
    private readonly opts: { parent: pulumi.Resource },
  ) {
    this.volumes = config.volumes.map((wanted) => {
      const volume = new PersistentVolume(`${name}-${wanted.name}`, { ...volumeArgs(config, wanted, existing), cloud, former }, opts);
      return { config: wanted, volume, facts: volumeFacts(wanted, volume) };
    });
    this.facts = pulumi.all(this.volumes.map(({ facts }) => facts));
    this.volumeIds = this.facts.apply((all) => Object.fromEntries(all.map((volume) => [volume.name, volume.id])));
  }

  /**
   * Attaches every volume to a server and takes a lease on it. A lease ends by release, before its volume leaves the server.
   */
  lease({ serverId, connection, cloud, stage }: LeaseArgs): Lease[] {
    return this.volumes.map(({ config, volume, facts }) => {
      const document = pulumi.all([connection, facts, volume.size]).apply(([to, known, size]) => ({ ...to, volume: known, size }));
      const attachment = new hcloud.VolumeAttachment(
        `${this.name}-${config.name}-attachment`,
        { volumeId: volume.volumeId, serverId, automount: false },
        // The new attachment has the old one's id, the volume's: deleted last, it would detach the new server (facts 0.3).
        {
          ...this.opts,
          deleteBeforeReplace: true,
          // One that Hetzner accepted and did not carry out is in the state all the same. The engine would update it, which the provider
          // cannot; with this it makes another.
          replaceOnChanges: ["*"],
          dependsOn: [stage],
          hooks: detachUnknown(`${this.name}-${config.name}`, { cloud, release: document }),
        },
      );
      return stepCommand(
        `${this.name}-${config.name}-lease`,
        {
          step: "lease",
          input: document,
          onDelete: "release",
          // With `dependsOn` alone the engine would detach before it runs the release (DESIGN §3).
          triggers: [attachment.id],
          // The size comes from the volume's own output, so the file system grows after the volume has.
          onChange: { instead: "grow" },
        },
        { ...this.opts, deleteBeforeReplace: true },
      ).command;
    });
  }
}

/** Refuses what could lose data on any volume of these machines. To be called before the first resource is declared. */
export function checkVolumes(machines: MachineConfig[], existing: ExistingVolume[]): void {
  for (const config of machines) {
    for (const wanted of config.volumes) volumeToUse(`${config.name}-${wanted.name}`, volumeArgs(config, wanted, existing));
  }
}

/**
 * What the machine's encrypted volumes are opened with, by the volume's name, as the steps' documents have it: left out where there is none.
 * Secret, as all of a document is.
 */
export function passphrasesOf({ volumes }: MachineConfig): { passphrases?: Record<string, string> } {
  const all = volumes.flatMap(({ name, passphrase }) => (passphrase === undefined ? [] : [[name, passphrase] as const]));
  return all.length === 0 ? {} : { passphrases: Object.fromEntries(all) };
}

function volumeArgs(config: MachineConfig, wanted: VolumeConfig, existing: ExistingVolume[]): WantedVolume {
  const { size, name: purpose, encrypted } = wanted;
  return { machine: config.name, purpose, size, encrypted, location: config.location, labels: config.labels, existing };
}

function volumeFacts(config: VolumeConfig, volume: PersistentVolume): pulumi.Output<VolumeFacts> {
  return pulumi.all([volume.volumeId, volume.device]).apply(([id, device]) => ({
    name: config.name,
    id,
    device,
    mountPoint: config.mountPoint,
    store: config.store,
    encrypted: config.encrypted,
  }));
}
