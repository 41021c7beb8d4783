// The file systems of a system: which of them the initrd mounts, in which order, and the fstab that says so.
import type { SystemDescription } from "../system";

export interface Mount {
  target: string;
  device: string;
  fsType: string;
  options: string[];
  /** Mounted before the system starts, from the initrd. */
  initrd: boolean;
}

/** What NixOS mounts in its initrd whatever the configuration says (nixos/lib/utils.nix, pathsNeededForBoot). */
const NEEDED_FOR_BOOT = new Set(["/", "/nix", "/nix/store", "/var", "/var/log", "/var/lib", "/var/lib/nixos", "/etc", "/usr"]);

/**
 * All mounts beside `/` and `/boot`, what others lie on or come from first.
 *
 * @throws Error when mounts depend on each other in a circle
 */
export function mountsOf(description: SystemDescription): Mount[] {
  const mounts: Mount[] = [];
  const underWay = new Set<string>();
  const add = (target: string): void => {
    const fileSystem = description.fileSystems[target];
    if (!fileSystem || mounts.some((mount) => mount.target === target)) return;
    if (underWay.has(target)) throw new Error(`the file systems depend on each other in a circle at ${target}`);
    underWay.add(target);
    const bindSource = fileSystem.options.includes("bind") ? [fileSystem.device] : [];
    for (const other of Object.keys(description.fileSystems)) {
      if ([target, ...fileSystem.depends, ...bindSource].some((path) => other !== target && isBelow(path, other))) add(other);
    }
    mounts.push({ ...fileSystem, target, initrd: fileSystem.neededForBoot || NEEDED_FOR_BOOT.has(target) });
  };
  for (const target of Object.keys(description.fileSystems).sort()) add(target);
  return mounts;
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);
}

export function fstab(mounts: readonly Mount[]): string {
  const lines = mounts.map(({ device, target, fsType, options, initrd }) => {
    const all = [...options, ...(initrd ? ["x-initrd.mount"] : [])];
    return `${device} ${target} ${fsType} ${all.length > 0 ? all.join(",") : "defaults"} 0 ${fsType === "ext4" ? 2 : 0}`;
  });
  return [
    "# This is a generated file.  Do not edit!",
    "/dev/disk/by-partlabel/disk-main-root / ext4 x-initrd.mount 0 1",
    ...lines,
    "",
  ].join("\n");
}
