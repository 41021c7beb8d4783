// What the local-exec runs: nixos-anywhere as its documents say, with the volume mounted between its phases (nixos-deployment.md §5.3).
//   tsx install.ts FLAKE PUBLIC_KEY_FILE IDENTITY, with ADDRESS, VOLUME_ID and DEVICE in the environment
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import execa from "execa";
import { type Facts, STORE_FOLDER } from "../../steps/facts";
import { makeFlakeFolder } from "../../steps/flakeFolder";

const MACHINE = "peer";

async function main([flake = "", publicKeyFile = "", identity = ""]: string[]): Promise<void> {
  const { ADDRESS: address = "", VOLUME_ID: volumeId = "", DEVICE: device = "" } = process.env;
  const options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes", "BatchMode=yes"];
  const ssh = (command: string): Promise<string> =>
    execa("ssh", [...options.flatMap((option) => ["-o", option]), "-i", identity, `root@${address}`, command]).then(({ stdout }) => stdout);
  while (!(await ssh("true").then(...ANSWER))) await sleep(200);
  const rootDisk = await ssh("ls -d /dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_*");

  const folder = mkdtempSync(join(tmpdir(), "peer-"));
  try {
    const made = join(folder, "flake");
    const publicKey = readFileSync(publicKeyFile, "utf8").trim();
    makeFlakeFolder(flake, facts({ rootDisk, address, publicKey, volume: { id: Number(volumeId), device } }), made);
    const anywhere = (phases: string): Promise<unknown> =>
      execa("nixos-anywhere", ["--phases", phases, "--flake", `${made}#${MACHINE}`, "-i", identity, `root@${address}`], {
        stdio: "inherit",
      });
    await anywhere("kexec,disko");
    const store = `/mnt/home/${STORE_FOLDER}`;
    await ssh(`set -e; mkdir -p /mnt/home /mnt/nix; mount ${device} /mnt/home; mkdir -p ${store}; mount --bind ${store} /mnt/nix`);
    await anywhere("install,reboot");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether a command could be run at all. */
const ANSWER = [() => true, () => false] as const;

interface Known {
  rootDisk: string;
  address: string;
  publicKey: string;
  volume: { id: number; device: string };
}

function facts({ rootDisk, address, publicKey, volume }: Known): Facts {
  return {
    version: 1,
    machine: MACHINE,
    host: "minimal",
    system: "x86_64-linux",
    hardware: { rootDisk, firmware: "bios", mac: null },
    network: { ipv4: address, ipv6: null },
    storage: {
      rootFileSystem: "ext4",
      rootEncrypted: false,
      volumes: [{ name: "home", mountPoint: "/home", store: true, encrypted: false, ...volume }],
    },
    ssh: { port: 22, hostKey: "/etc/ssh/ssh_host_ed25519_key", deployKey: publicKey },
    admin: { name: "qwe", uid: 1000, keys: [publicKey] },
  };
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
