// Volumes at Hetzner as `vps volume` sees and changes them. Every change is waited for.
import { z } from "zod";
import { MACHINE_LABEL, PURPOSE_LABEL, STACK_LABEL, labelValue } from "../../components/labels";
import { HetznerApi, HetznerError } from "../../steps/cloud/hetzner";
import { poll } from "../../steps/waiting";

/** In place of the purpose on a volume that was a machine's before: the next `pulumi up` does not look at it. */
export const FORMER_LABEL = "nixos-vps/former-purpose";
/** Id of the volume that this one becomes a copy of. */
export const COPY_LABEL = "nixos-vps/copy-of";

const volumeShape = z.object({
  id: z.number(),
  name: z.string(),
  size: z.number(),
  location: z.object({ name: z.string() }),
  server: z.number().nullable(),
  format: z.string().nullable(),
  linux_device: z.string(),
  labels: z.record(z.string(), z.string()),
  protection: z.object({ delete: z.boolean() }),
});

const actionShape = z.object({
  action: z.object({ id: z.number(), status: z.string(), error: z.object({ code: z.string(), message: z.string() }).nullish() }),
});

const PATIENCE_MS = 5 * 60_000;

/** A volume with what its labels say. */
export interface CloudVolume {
  id: number;
  name: string;
  /** In GB. */
  size: number;
  location: string;
  /** Id of the server that it is attached to. */
  server: number | null;
  /** What Hetzner made on it; null where that is not known. */
  format: string | null;
  device: string;
  isProtected: boolean;
  labels: Record<string, string>;
  stack: string | undefined;
  machine: string | undefined;
  /** The volume's name in the configuration of its machine. */
  purpose: string | undefined;
  /** The same of a volume that another has replaced. */
  formerPurpose: string | undefined;
  /** The volume that it is to be a copy of. */
  copyOf: number | undefined;
}

export class VolumeCloud extends HetznerApi {
  /** Every volume of a stack. */
  async volumesOf(stack: string): Promise<CloudVolume[]> {
    const selector = encodeURIComponent(`${STACK_LABEL}=${labelValue(stack)}`);
    const page = z.object({
      volumes: z.array(volumeShape),
      meta: z.object({ pagination: z.object({ next_page: z.number().nullish() }) }).optional(),
    });
    const found: CloudVolume[] = [];
    for (let number: number | null | undefined = 1; number;) {
      const answer: z.infer<typeof page> = page.parse(
        await this.request("GET", `/volumes?label_selector=${selector}&per_page=50&page=${number}`),
      );
      found.push(...answer.volumes.map(read));
      number = answer.meta?.pagination.next_page;
    }
    return found;
  }

  /** @returns undefined when there is no such volume */
  async find(id: number): Promise<CloudVolume | undefined> {
    const body = await this.request("GET", `/volumes/${id}`);
    return body === undefined ? undefined : read(z.object({ volume: volumeShape }).parse(body).volume);
  }

  /** Sets labels, and takes those away that are undefined. */
  async relabel(volume: CloudVolume, change: Record<string, string | undefined>): Promise<void> {
    const labels = Object.fromEntries(Object.entries({ ...volume.labels, ...change }).filter(([, value]) => value !== undefined));
    await this.request("PUT", `/volumes/${volume.id}`, { labels });
  }

  async protect(id: number, isProtected: boolean): Promise<void> {
    await this.act(`/volumes/${id}/actions/change_protection`, { delete: isProtected });
  }

  async detach(id: number): Promise<void> {
    await this.act(`/volumes/${id}/actions/detach`);
  }

  async attach(id: number, server: number): Promise<void> {
    await this.act(`/volumes/${id}/actions/attach`, { server, automount: false });
  }

  async deleteVolume(id: number): Promise<void> {
    await this.request("DELETE", `/volumes/${id}`);
  }

  /** A volume with nothing on it. */
  async create(wanted: { name: string; size: number; location: string; labels: Record<string, string> }): Promise<CloudVolume> {
    const body = await this.request("POST", "/volumes", wanted);
    await this.ended(body);
    return read(z.object({ volume: volumeShape }).parse(body).volume);
  }

  /** Waits for the action that an answer speaks of. */
  protected async ended(answer: unknown): Promise<void> {
    const told = actionShape.safeParse(answer);
    if (!told.success) return;
    const over = await poll(PATIENCE_MS, async () => {
      const { action } = actionShape.parse(await this.request("GET", `/actions/${told.data.action.id}`));
      return action.status === "running" ? undefined : action;
    });
    if (over?.status === "success") return;
    const why = over ? `${over.error?.code ?? "unknown"}: ${over.error?.message ?? ""}` : `no end after ${PATIENCE_MS / 1000} s`;
    throw new HetznerError(0, "action_failed", `What Hetzner was asked to do was not done (${why})`);
  }

  private async act(path: string, body?: object): Promise<void> {
    await this.ended(await this.request("POST", path, body));
  }
}

function read({ linux_device, location, protection, ...volume }: z.infer<typeof volumeShape>): CloudVolume {
  const copyOf = volume.labels[COPY_LABEL];
  return {
    ...volume,
    device: linux_device,
    location: location.name,
    isProtected: protection.delete,
    stack: volume.labels[STACK_LABEL],
    machine: volume.labels[MACHINE_LABEL],
    purpose: volume.labels[PURPOSE_LABEL],
    formerPurpose: volume.labels[FORMER_LABEL],
    copyOf: copyOf === undefined ? undefined : Number(copyOf),
  };
}
