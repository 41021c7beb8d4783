// Systems for tests, as a flake whose "evaluation" is to read a file of it.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SystemDescription } from "../../src/machines/system";
import { rootDiskLink, volumeLink } from "../../src/machines/devices";

/** Prints FLAKE_DIR/ATTRIBUTE.json, or refuses as Nix would. */
export const evaluator = [
  "sh",
  "-c",
  'cat "$1/$2.json" 2>/dev/null || { echo "error: flake does not provide attribute $2" >&2; exit 1; }',
  "evaluator",
];

export interface Wanted {
  serverId: number;
  volumeId?: number;
  keys: string[];
  change?: Partial<SystemDescription>;
}

/** home + store: `/home` on the volume, `/nix` bound from a folder of it. Without a volume: everything on the root disk. */
export function system({ serverId, volumeId, keys, change = {} }: Wanted): SystemDescription {
  const onVolume: SystemDescription["fileSystems"] =
    volumeId === undefined
      ? {}
      : {
          "/home": {
            device: `/dev/disk/by-id/${volumeLink(volumeId)}`,
            fsType: "ext4",
            options: ["noatime", "nodev", "x-systemd.device-timeout=120s"],
            neededForBoot: true,
            depends: [],
          },
          "/nix": { device: "/home/.nix", fsType: "none", options: ["bind"], neededForBoot: false, depends: ["/home"] },
        };
  return {
    hostName: "devserver",
    system: "x86_64-linux",
    kernel: "6.12.63",
    initrd: "systemd",
    kernelParams: ["console=tty0"],
    closure: ["glibc-2.42", "systemd-258", "openssh-10.2p1"],
    disko: { device: `/dev/disk/by-id/${rootDiskLink(serverId)}`, rootFileSystem: "ext4", encrypted: false },
    fileSystems: onVolume,
    openssh: { ports: [22], hostKeys: ["/etc/ssh/ssh_host_ed25519_key"] },
    users: {
      root: { uid: 0, gid: 0, home: "/root", wheel: false, authorizedKeys: keys },
      alice: { uid: 1000, gid: 100, home: "/home/alice", wheel: true, authorizedKeys: keys },
    },
    units: {},
    health: {},
    etc: {},
    ...change,
  };
}

export async function writeFlake(folder: string, description: SystemDescription): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "flake.nix"), "{ }\n");
  await writeFile(join(folder, `${description.hostName}.json`), JSON.stringify(description));
  return folder;
}
