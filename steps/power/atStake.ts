// What a hard power-off may cost, in words: it cuts off every volume of a server, and not only the one that a step is about.
import { type HetznerApi, HetznerError } from "../cloud/hetzner";
import { PURPOSE_LABEL } from "../labels";

/** A volume as far as it is known. */
export interface NamedVolume {
  /** Hetzner's. */
  id?: number;
  /** Within the machine. */
  name: string;
  mountPoint?: string;
}

export interface OnServer {
  server: number;
  /** What the caller knows: names and mount points, and all there is to say where Hetzner does not answer. */
  known: readonly NamedVolume[];
  /** Where devices are mounted, as the machine said it if it answered: `DEVICE MOUNT_POINT` each. */
  mounts: readonly string[];
}

/**
 * All volumes that Hetzner has on a server now, each with its mount point where somebody knows it.
 *
 * @returns what is known where Hetzner does not answer
 */
export async function volumesOn(api: HetznerApi, { server, known, mounts }: OnServer): Promise<readonly NamedVolume[]> {
  try {
    const found: NamedVolume[] = [];
    for (const id of (await api.server(server))?.volumes ?? []) {
      const volume = await api.volume(id);
      if (!volume) continue;
      const purpose = volume.labels[PURPOSE_LABEL];
      const ours = known.find((one) => one.id === id) ?? known.find((one) => one.id === undefined && one.name === purpose);
      const name = ours?.name ?? purpose ?? volume.name;
      found.push({ id, name, mountPoint: ours?.mountPoint ?? mountedAt(mounts, id, name) });
    }
    return found.length === 0 ? known : found;
  } catch (error) {
    if (error instanceof HetznerError) return known;
    throw error;
  }
}

/** @example `the volumes home (/home) and media (/srv/media)` */
export function atStake(volumes: readonly NamedVolume[]): string {
  const each = volumes.map(({ name, mountPoint }) => (mountPoint === undefined ? name : `${name} (${mountPoint})`));
  if (each.length === 0) return "its root disk";
  const last = each.length === 1 ? "" : ` and ${each[each.length - 1] ?? ""}`;
  return `the volume${each.length === 1 ? "" : "s"} ${(each.length === 1 ? each : each.slice(0, -1)).join(", ")}${last}`;
}

function mountedAt(mounts: readonly string[], id: number, name: string): string | undefined {
  const devices = [`/dev/disk/by-id/scsi-0HC_Volume_${id}`, `/dev/mapper/volume-${name}`];
  return mounts.map((line) => line.split(" ")).find(([device = ""]) => devices.includes(device))?.[1];
}
