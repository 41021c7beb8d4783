// Where volumes are mounted and which one carries the store, once the defaults are applied. Rules and resolving ask the same questions.
import type { StorageLayout, VolumeConfig } from "./types";
import type { WrittenVolume } from "./schema";

/** `/data` for a volume `data` that says nothing else. */
export function mountPointOf(name: string, volume: Pick<WrittenVolume, "mountPoint">): string {
  return volume.mountPoint ?? `/${name}`;
}

/** The names of the volumes that carry the store: one or none in a right configuration. */
export function storesOf(volumes: Record<string, Pick<WrittenVolume, "mountPoint" | "store">>): string[] {
  const asked = Object.entries(volumes).filter(([name, volume]) => volume.store === true || mountPointOf(name, volume) === "/nix");
  const chosen = asked.length > 0 ? asked : Object.entries(volumes).filter(([name, volume]) => storesByDefault(name, volume));
  return chosen.map(([name]) => name);
}

function storesByDefault(name: string, volume: Pick<WrittenVolume, "mountPoint" | "store">): boolean {
  return volume.store === undefined && mountPointOf(name, volume) === "/home";
}

export function layoutOf(volumes: readonly VolumeConfig[]): StorageLayout {
  const store = volumes.find((volume) => volume.store);
  if (store) return store.mountPoint === "/nix" ? "separate" : "home+store";
  return volumes.length === 0 ? "none" : "home";
}
