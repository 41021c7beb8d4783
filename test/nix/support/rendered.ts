// The texts of rendered.nix, evaluated once for each test file that asks.
import { evaluate } from "./evaluation";
import type { Facts } from "../../../steps/facts";

export interface Rendered {
  readonly facts: Facts;
  readonly fstab: string;
  readonly initrdFstab: string;
  readonly crypttab: string;
  readonly initrdCrypttab: string;
  readonly unlock: boolean;
  readonly tmpfiles: readonly string[];
  readonly create: string;
  readonly mount: string;
  readonly diskoDisks: readonly string[];
  readonly units: Readonly<Record<string, string>>;
  readonly kernelParams: readonly string[];
  readonly luks: Readonly<Record<string, string>>;
  readonly ssh: {
    readonly ports: readonly number[];
    readonly settings: Readonly<Record<string, unknown>>;
    readonly authorizedKeysFiles: readonly string[];
    readonly hostKeys: readonly string[];
  };
  readonly ports: { readonly tcp: readonly number[]; readonly udp: readonly number[] };
  readonly nftables: Readonly<Record<string, string>>;
  readonly users: Readonly<
    Record<
      string,
      {
        readonly uid: number | null;
        readonly home: string;
        readonly extraGroups: readonly string[];
        readonly hashedPassword: string | null;
        readonly keys: readonly string[];
        readonly linger: boolean;
      }
    >
  >;
  readonly health: Readonly<Record<string, string>>;
  readonly backup: readonly string[];
  readonly warnings: readonly string[];
  readonly grub: readonly string[];
}

export function rendered(): Record<string, Rendered> {
  return evaluate('import (here + "/rendered.nix") { inherit flake lib; }') as Record<string, Rendered>;
}

export function only<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`there is no ${what}`);
  return value;
}
