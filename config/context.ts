import type { Path } from "./reading/problems";

/** What a configuration is judged by besides itself. */
export interface ConfigContext {
  /** The stack's name, e.g. `dev`. Part of the names of volumes and servers. */
  stack: string;
  /** What lies in `nix/hosts`: files as `devserver.nix`, folders as `devserver/`. */
  hosts: readonly string[];
  /** The token for Hetzner's API, and where it was found. */
  token: ApiToken;
  /** Full names of the configuration keys that hold a secret somewhere, e.g. `nixos-vps:machines`. */
  secretKeys: readonly string[];
  /** Where the stack's file has `secure:` values, from the namespace's key on; undefined where that file could not be read. */
  encryptedPlaces?: readonly Path[];
}

/** `inTheClear`: it stands readable in the stack's file, which lies in Git. */
export type ApiToken =
  { from: "nowhere" } | { from: "environment"; value: string } | { from: "config"; value: string; inTheClear: boolean };

/** The host that every machine without one of its own gets. */
export const FALLBACK_HOST = "minimal";

/** Are there a file or a folder (or, wrongly, both) for this host? */
export function hostEntries(host: string, hosts: readonly string[]): string[] {
  return hosts.filter((entry) => entry === `${host}.nix` || entry === `${host}/`);
}

/** The name of a host as machines refer to it: without `.nix` or the slash. */
export function hostOfEntry(entry: string): string {
  return entry.replace(/(\.nix|\/)$/, "");
}
