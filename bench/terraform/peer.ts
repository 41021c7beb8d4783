// What the local-exec of both kinds know: the machine that Terraform has made, and the flake with its facts.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import execa from "execa";
import type { Facts } from "../../steps/facts";
import { makeFlakeFolder } from "../../steps/system/flakeFolder";

/** Host name of the machine that Terraform makes. */
export const PEER = "peer";

const PAUSE_MS = 200;

/** A machine that answers, and what is to be on it. */
export interface Peer {
  address: string;
  /** Private key file that root's account takes. */
  identity: string;
  /** Of the volume, e.g. `/dev/disk/by-id/scsi-0HC_Volume_103912881`. */
  device: string;
  /** Folder of the flake, with the machine's facts in it. */
  flake: string;
  /** Runs a command there as root, with an input if there is one. */
  ssh: (command: string, input?: Buffer) => Promise<string>;
}

/**
 * Runs a local-exec: `tsx SCRIPT FLAKE IDENTITY`, with ADDRESS, VOLUME_ID and DEVICE in the environment. The public key lies beside the
 * identity. As their users have it, the host key is not checked.
 *
 * @param ready command that succeeds on the machine as soon as the work can begin; it is waited for
 */
export function localExec(ready: string, work: (peer: Peer) => Promise<void>): void {
  run(process.argv.slice(2), ready, work).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}

async function run([source = "", identity = ""]: string[], ready: string, work: (peer: Peer) => Promise<void>): Promise<void> {
  const { ADDRESS: address = "", VOLUME_ID: volumeId = "", DEVICE: device = "" } = process.env;
  const options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes", "BatchMode=yes"];
  const way = [...options.flatMap((option) => ["-o", option]), "-i", identity, `root@${address}`];
  const ssh: Peer["ssh"] = async (command, input) => (await execa("ssh", [...way, command], { ...(input && { input }) })).stdout;
  while (!(await ssh(ready).then(...ANSWER))) await sleep(PAUSE_MS);

  const folder = mkdtempSync(join(tmpdir(), "peer-"));
  try {
    const flake = join(folder, "flake");
    const rootDisk = await ssh("ls -d /dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_*");
    const publicKey = readFileSync(`${identity}.pub`, "utf8").trim();
    makeFlakeFolder(source, facts({ rootDisk, address, publicKey, volume: { id: Number(volumeId), device } }), flake);
    await work({ address, identity, device, flake, ssh });
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
    machine: PEER,
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
