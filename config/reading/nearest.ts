import { distance } from "fastest-levenshtein";

/** What people write who know another tool, and what it is called here. */
const SYNONYMS: Record<string, string> = {
  datacenter: "location",
  region: "location",
  zone: "location",
  type: "serverType",
  flavor: "serverType",
  plan: "serverType",
  os: "image",
  disks: "volumes",
  mount: "mountPoint",
  path: "mountPoint",
  user: "name",
  username: "name",
  keys: "sshKeys",
  authorizedkeys: "sshKeys",
  fs: "fileSystem",
  proto: "protocol",
  source: "from",
  sourceips: "from",
};

/** What is longer was never one of our words. */
const LONGEST = 40;

/**
 * The word that was meant in all likelihood, or undefined where none is near.
 *
 * @example nearest("servertype", ["serverType", "location"]) // "serverType"
 */
export function nearest(word: string, allowed: readonly string[]): string | undefined {
  const plain = flatten(word);
  if (plain.length > LONGEST) return undefined;
  const synonym = Object.hasOwn(SYNONYMS, plain) ? SYNONYMS[plain] : undefined;
  if (synonym !== undefined && allowed.includes(synonym)) return synonym;

  const ranked = allowed
    .map((candidate) => ({ candidate, steps: slips(plain, flatten(candidate)) }))
    .sort((one, other) => one.steps - other.steps);
  const best = ranked[0];
  // A third of the letters may be wrong; more is no slip of the fingers, and a wild guess would mislead.
  return best && best.steps <= Math.max(1, Math.floor(plain.length / 3)) ? best.candidate : undefined;
}

/** How many slips of the fingers lead from one word to the other; two letters in the wrong order are one. */
function slips(typed: string, meant: string): number {
  const untwisted = Array.from({ length: Math.max(0, typed.length - 1) }, (_, at) => swap(typed, at));
  return Math.min(distance(typed, meant), ...untwisted.map((word) => 1 + distance(word, meant)));
}

function swap(word: string, at: number): string {
  return word.slice(0, at) + word.charAt(at + 1) + word.charAt(at) + word.slice(at + 2);
}

/** `server_type`, `servertype` and `server-type` are one word to a person. */
function flatten(word: string): string {
  return word.toLowerCase().replace(/[^a-z0-9]/g, "");
}
