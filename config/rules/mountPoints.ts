import type { Subject } from "./subject";
import { mountPointOf } from "../storage";

/** Nothing is mounted at these or below them: they are the system's. */
const SYSTEM_FOLDERS = ["bin", "boot", "dev", "etc", "lib", "lib64", "proc", "root", "run", "sbin", "sys", "tmp", "usr"];

/** Nothing is mounted at these, which the system needs to start, but below them there is room. */
const NEEDED_FOLDERS = ["/var", "/var/lib", "/var/lib/nixos", "/var/lib/systemd", "/var/log", "/var/cache", "/var/tmp", "/mnt"];

/** Every volume is mounted at a place of its own that is no other's business. */
export function checkMountPoints(subject: Subject): void {
  const taken = new Map<string, string>();
  for (const { name, mountPoint, at } of mountPointsOf(subject)) {
    const why = whyNotMountPoint(mountPoint);
    const other = taken.get(mountPoint);
    if (why !== undefined) subject.problems.add(at, `is ${mountPoint}, ${why}`);
    else if (other !== undefined)
      subject.problems.add(at, `is ${mountPoint}, where the volume ${other} is mounted already. Choose another folder.`);
    else if (inStoreFolder(mountPoint)) {
      subject.problems.add(at, `is ${mountPoint}, but the folder /home/.nix holds the store. Choose another folder.`);
    }
    taken.set(mountPoint, name);
  }
}

/** The mount points that are known, and where each is written (or would be). */
export function mountPointsOf({ written, at, problems }: Subject): { name: string; mountPoint: string; at: (string | number)[] }[] {
  return Object.entries(written.volumes ?? {}).flatMap(([name, volume]) => {
    const place = [...at, "volumes", name, "mountPoint"];
    const unknown = volume === undefined || problems.touch(place);
    return unknown ? [] : [{ name, mountPoint: mountPointOf(name, volume), at: place }];
  });
}

function whyNotMountPoint(mountPoint: string): string | undefined {
  if (mountPoint === "/") return "which is the root disk's. Choose a folder such as /home or /srv/data.";
  if (mountPoint.startsWith("/nix/")) return "which is part of the store. Mount the volume at /nix as a whole.";
  const top = mountPoint.split("/")[1] ?? "";
  if (SYSTEM_FOLDERS.includes(top))
    return `and /${top} belongs to the system on the root disk. Choose a folder such as /home or /srv/data.`;
  if (NEEDED_FOLDERS.includes(mountPoint))
    return "which the system needs before volumes are there. Choose a folder below it, or one such as /srv/data.";
  return undefined;
}

function inStoreFolder(mountPoint: string): boolean {
  return mountPoint === "/home/.nix" || mountPoint.startsWith("/home/.nix/");
}
