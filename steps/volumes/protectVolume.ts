// Seeing that Hetzner refuses to delete a volume.
import type { StepContext } from "../context";
import type { StepInput } from "../documents";
import { HetznerApi, HetznerError } from "../cloud/hetzner";
import { StepError } from "../stepError";

/**
 * The provider makes a volume and protects it in a second request. If that one fails, the state calls the volume protected all the same, and
 * no later `up` looks (seen: the request answered with 500). So it is looked at before anything is put on the volume.
 *
 * @throws StepError when it cannot be protected
 */
export async function protectVolume({ api: access, volume, server }: StepInput<"lease">, { progress }: StepContext): Promise<void> {
  try {
    const api = HetznerApi.forStep(access);
    const found = await api.volume(volume.id);
    if (!found || found.protection.delete) return;
    await api.protectVolume(volume.id);
    progress.say(`the volume ${volume.name} was not protected against deletion; it is now`);
  } catch (error) {
    if (!(error instanceof HetznerError)) throw error;
    throw new StepError({
      what: `It could not be seen to that the volume ${volume.name} is protected against deletion: ${error.message}.`,
      state: `The volume is attached to ${server.name}, which does not use it yet.`,
      next: "Run `pulumi up` again.",
    });
  }
}
