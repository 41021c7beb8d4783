import type { ConfigContext } from "../context";
import { pathText, type Path, type Problems } from "./problems";
import { isObject } from "./read";

const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----|AGE-SECRET-KEY-1|PuTTY-User-Key-File/;

/** No key of the schema lies deeper, and what lies deeper is refused as unknown and never shown. */
const DEEPEST = 12;

const WHY_NOT =
  "Nothing in here is secret but the passphrases of volumes: it becomes part of the system, which everyone on the machine can read. " +
  "Take it out, and bring secrets to the machine with sops-nix.";

type Known = Pick<ConfigContext, "secretKeys" | "encryptedPlaces">;

/**
 * Finds secrets where none may be: in the machines and the admin, which end up in the world-readable Nix store. And the other way round: the
 * passphrase of a volume, which stands in the clear. Pulumi hands out a nested `secure:` in the clear and marks the whole key instead
 * (facts 2.13), so which values it was is known by the stack's file alone.
 *
 * @returns whether a secret is somewhere among the values without being known, which is a reason not to quote any of them
 */
export function refuseSecrets(raw: Record<string, unknown>, known: Known, problems: Problems): boolean {
  const passphrases = passphrasePlaces(raw);
  const marked = Object.keys(raw).filter((key) => known.secretKeys.includes(`nixos-vps:${key}`));
  const strangers = marked.flatMap((key) => strangePlaces(key, passphrases, known.encryptedPlaces));
  for (const place of strangers) problems.add(place, `holds a value that is marked \`secure:\`. ${WHY_NOT}`);
  for (const place of passphrases) {
    if (isEncrypted(place, marked, known.encryptedPlaces)) continue;
    problems.seal(
      place,
      "stands readable in the file. Whoever read it can open the volume: choose another one, and set it by " +
        `pulumi config set --secret --path '${pathText(place)}'`,
    );
  }
  for (const [key, value] of Object.entries(raw)) refuseBelow(value, [key], problems);
  return strangers.length > 0;
}

/** Where the passphrases of volumes stand. */
function passphrasePlaces({ machines }: Record<string, unknown>): Path[] {
  return entriesOf(machines).flatMap(([machine, written]) =>
    entriesOf(isObject(written) ? written["volumes"] : undefined).flatMap(([volume, value]) =>
      isObject(value) && Object.hasOwn(value, "passphrase") ? [["machines", machine, "volumes", volume, "passphrase"]] : [],
    ),
  );
}

function entriesOf(value: unknown): [string, unknown][] {
  return isObject(value) ? Object.entries(value) : [];
}

/** Where something is secret that may not be. Where the file cannot be read, the passphrases are taken for what the mark stands for. */
function strangePlaces(key: string, passphrases: Path[], encrypted: readonly Path[] | undefined): Path[] {
  if (encrypted === undefined) return passphrases.some(([first]) => first === key) ? [] : [[key]];
  const below = encrypted.filter(([first]) => first === key);
  if (below.length === 0) return [[key]];
  return below.filter((place) => !passphrases.some((one) => same(one, place)));
}

function isEncrypted(place: Path, marked: string[], encrypted: readonly Path[] | undefined): boolean {
  return marked.includes(String(place[0])) && (encrypted === undefined || encrypted.some((one) => same(one, place)));
}

function same(one: Path, other: Path): boolean {
  return pathText(one) === pathText(other);
}

function refuseBelow(value: unknown, at: Path, problems: Problems): void {
  if (at.length > DEEPEST) return;
  const words = secretWords(value);
  if (words !== undefined) problems.seal(at, words);
  else if (Array.isArray(value)) value.forEach((element, index) => refuseBelow(element, [...at, index], problems));
  else if (isObject(value)) for (const [key, child] of Object.entries(value)) refuseBelow(child, [...at, key], problems);
}

function secretWords(value: unknown): string | undefined {
  if (typeof value === "string" && PRIVATE_KEY.test(value)) {
    return (
      "is a private key. Write the public one (the .pub file). Whoever could read this file has the private key now: " +
      "make a new pair, and stop using this one."
    );
  }
  if (isObject(value) && Object.hasOwn(value, "secure")) return `is marked \`secure:\`. ${WHY_NOT}`;
  return undefined;
}
