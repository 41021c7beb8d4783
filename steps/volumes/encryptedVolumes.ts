// Volumes with LUKS beneath their file system. A machine opens them by itself at each boot, from a key file on its root disk; the steps open
// them before there is such a machine, and see that the key file is there and right.
import type { StepContext } from "../context";
import type { StepInput } from "../documents";
import type { Facts, VolumeFacts } from "../facts";
import type { Connection } from "../ssh/connections";
import type { Contact } from "../ssh/contact";
import { runScript, type ScriptCall } from "../ssh/remote";
import { StepError, type Trouble } from "../stepError";
import { findFormer } from "./storeFormer";

const MINUTE = 60_000;

/** What encrypted volumes are opened with, by the volume's name. */
export type Passphrases = StepInput<"switch">["passphrases"];

interface Known {
  facts: Pick<Facts, "machine" | "storage">;
  passphrases?: Passphrases;
}

type Ends = Pick<Trouble, "state" | "next">;

/** The last argument of scripts that have to know of the LUKS: the volume's name, or nothing. */
export function encryptedName({ name, encrypted }: Pick<VolumeFacts, "name" | "encrypted">): string[] {
  return encrypted ? [name] : [];
}

/**
 * Opens a volume in the installer, or on a NixOS to which it came late.
 *
 * @throws StepError with what is on it when that is no finished LUKS, or has another passphrase
 */
export async function openVolume(
  context: StepContext,
  connection: Connection,
  known: Known,
  volume: VolumeFacts,
  ends: Ends,
): Promise<void> {
  await runScript(context, connection, { ...call("openVolume", known, volume), ...ends });
  context.progress.say(`volume ${volume.name} is open`);
}

/**
 * Lets a running machine have the passphrases for its next boots, those that open their volumes alone. Where a passphrase is another one
 * than the volume's, nothing is changed: the machine keeps the one it has.
 *
 * @throws StepError when a volume is not what it should be, or has another passphrase
 */
export async function keepKeys(context: StepContext, connection: Connection, known: Known, ends: Ends): Promise<void> {
  for (const volume of encryptedOf(known)) {
    const told = await runScript(context, connection, { ...call("keepKey", known, volume), ...ends });
    if (told.get("key") === "kept") context.progress.say(`the machine has the passphrase of the volume ${volume.name} now`);
  }
}

/**
 * Tries the passphrases where their volumes are now, before these leave: a wrong one would show only when nobody serves any more. What cannot
 * be asked is passed over, as the take-over looks itself.
 *
 * @param running the machine on the server that is staged, where it is to be installed again
 * @throws StepError when a passphrase is not the volume's
 */
export async function provePassphrases(input: StepInput<"stage">, context: StepContext, ends: Ends, running?: Contact): Promise<void> {
  for (const volume of encryptedOf(input)) {
    const former = await findFormer(input, volume, context);
    const contact = "contact" in former ? former.contact : former.here ? running : undefined;
    if (!contact) continue;
    await runScript(context, contact.connection, { ...call("keepKey", input, volume), ...ends });
  }
}

function encryptedOf({ facts }: Known): VolumeFacts[] {
  return facts.storage.volumes.filter(({ encrypted }) => encrypted);
}

/** The passphrase goes behind the script, on stdin. */
function call(script: string, { facts, passphrases }: Known, { name, device }: VolumeFacts): ScriptCall {
  const passphrase = passphrases?.[name];
  if (passphrase === undefined) {
    throw new StepError({
      what: `The volume ${name} of ${facts.machine} is encrypted, and its passphrase was not handed to this step.`,
      state: "Nothing was changed by this.",
      next: `Set it: pulumi config set --secret --path 'nixos-vps:machines.${facts.machine}.volumes.${name}.passphrase'. Then run \`pulumi up\` again.`,
    });
  }
  return { script, args: [device, name, facts.machine], payload: Buffer.from(passphrase), limitMs: 5 * MINUTE };
}
