import { volumeNameAtHetzner } from "../names";
import { PASSPHRASE } from "../reading/passphrase";
import { mountPointOf, storesOf } from "../storage";
import { mountPointsOf } from "./mountPoints";
import { pathText } from "../reading/problems";
import type { Subject } from "./subject";

/** Hetzner attaches no more to one server. */
const MOST_VOLUMES = 16;

/** Longest name of a volume at Hetzner. */
const LONGEST_NAME = 64;

/** How many volumes there may be, what they are called at Hetzner, and which of them carries the store. */
export function checkVolumes(subject: Subject): void {
  checkNumber(subject);
  checkNames(subject);
  checkStores(subject);
  checkEncrypted(subject);
}

function checkNumber({ written, at, problems }: Subject): void {
  const count = Object.keys(written.volumes ?? {}).length;
  if (count > MOST_VOLUMES)
    problems.add([...at, "volumes"], `are ${count}, but Hetzner attaches at most ${MOST_VOLUMES} volumes to one server.`);
}

function checkNames({ name, written, at, problems, context }: Subject): void {
  for (const volume of Object.keys(written.volumes ?? {})) {
    const whole = volumeNameAtHetzner(context.stack, name, volume);
    if (whole.length <= LONGEST_NAME) continue;
    problems.add(
      [...at, "volumes", volume],
      `would be called ${whole} at Hetzner, which has ${whole.length} characters, but ${LONGEST_NAME} is the most. Shorten the name of the stack, the machine or the volume.`,
    );
  }
}

function checkStores(subject: Subject): void {
  const { written, at, problems } = subject;
  const known = mountPointsOf(subject).filter(({ name }) => !problems.touch([...at, "volumes", name, "store"]));
  const volumes = Object.fromEntries(known.map(({ name }) => [name, written.volumes?.[name] ?? {}]));
  const stores = storesOf(volumes);
  for (const [name, volume] of Object.entries(volumes)) {
    const place = [...at, "volumes", name, "store"];
    const mountPoint = mountPointOf(name, volume);
    if (mountPoint === "/nix" && volume.store === false) {
      problems.add(place, "is false, but what is mounted at /nix is the store. Take the line out, or mount the volume elsewhere.");
    } else if (volume.store === true && mountPoint !== "/nix" && mountPoint !== "/home") {
      problems.add(place, `is true, but the store can only be on a volume at /home or /nix, and this one is at ${mountPoint}.`);
    } else if (stores.length > 1 && stores.includes(name)) {
      problems.add(
        place,
        `would make ${stores.length} volumes that carry the store (${stores.join(", ")}), and there is one /nix. Leave one of them.`,
      );
    }
  }
}

function checkEncrypted({ written, at, problems }: Subject): void {
  for (const [name, volume] of Object.entries(written.volumes ?? {})) {
    const place = [...at, "volumes", name, "passphrase"];
    if (problems.touch(place) || problems.touch([...at, "volumes", name, "encrypted"])) continue;
    if (volume?.encrypted === true && volume.passphrase === undefined) {
      problems.add(
        place,
        `is required, as the volume is encrypted: ${PASSPHRASE}. Set it by pulumi config set --secret --path '${pathText(place)}'`,
      );
    } else if (volume?.encrypted !== true && volume?.passphrase !== undefined) {
      problems.add(place, "is there, but the volume is not encrypted. Write `encrypted: true` beside it, or take it out.");
    }
  }
}
