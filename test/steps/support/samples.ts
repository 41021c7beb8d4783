import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Facts, VolumeFacts } from "../../../steps/facts";

export interface KeyPair {
  private: string;
  public: string;
}

/** A fresh ed25519 key pair in OpenSSH form. */
export function newKeyPair(): KeyPair {
  const folder = mkdtempSync(join(tmpdir(), "steps-key-"));
  try {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", join(folder, "key")]);
    return {
      private: readFileSync(join(folder, "key"), "utf8"),
      public: readFileSync(join(folder, "key.pub"), "utf8").trim(),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function volume(id: number, over: Partial<VolumeFacts> = {}): VolumeFacts {
  return {
    name: "home",
    id,
    device: `/dev/disk/by-id/scsi-0HC_Volume_${id}`,
    mountPoint: "/home",
    store: true,
    encrypted: false,
    ...over,
  };
}

export function sampleFacts(deployKey: string, volumes: VolumeFacts[] = [volume(1)]): Facts {
  return {
    version: 1,
    machine: "devserver",
    host: "devserver",
    system: "x86_64-linux",
    hardware: { rootDisk: "/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_1", firmware: "bios", mac: null },
    network: { ipv4: "198.18.0.1", ipv6: null },
    storage: { rootFileSystem: "ext4", rootEncrypted: false, volumes },
    ssh: { port: 22, hostKey: "/etc/ssh/ssh_host_ed25519_key", deployKey },
    admin: { name: "admin", uid: 1000, keys: [deployKey] },
  };
}

/** A document that every step's base agrees with. */
export function connectionDocument(keys: { deploy: KeyPair; host: KeyPair; bootstrap: KeyPair }): Record<string, unknown> {
  return {
    version: 1,
    stack: "test",
    machine: "devserver",
    server: { id: 7, name: "devserver-4f2a" },
    address: "198.18.0.1",
    ssh: {
      port: 22,
      deployKey: keys.deploy.private,
      hostPublicKey: keys.host.public,
      bootstrapHostPublicKey: keys.bootstrap.public,
    },
    api: { endpoint: "http://127.0.0.1:1/v1", token: "t".repeat(64) },
  };
}
