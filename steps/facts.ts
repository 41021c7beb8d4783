// What Nix must know and only Pulumi or the server knows. This is the one place where its shape is written down in TypeScript;
// nix/facts/schema.json says the same to Nix, and a test holds the two against each other.
import { z } from "zod";

/** Where the kernel shows a Hetzner volume or a root disk; never `/dev/sdX`, which may change at every boot. */
const deviceById = z.string().regex(/^\/dev\/disk\/by-id\/[A-Za-z0-9._+:-]+$/);

const publicKey = z.string().regex(/^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-\S+) [A-Za-z0-9+/=]+( .*)?$/);

export const volumeFacts = z.strictObject({
  /** What it is for, unique within the machine, e.g. `home`. */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/),
  /** Hetzner's id. */
  id: z.int().positive(),
  /** `/dev/disk/by-id/scsi-0HC_Volume_<id>` */
  device: deviceById,
  /** Where it is mounted, e.g. `/home`. */
  mountPoint: z.string().regex(/^\/[A-Za-z0-9._/-]+$/),
  /** It also carries `/nix`: mounted there itself when `mountPoint` is `/nix`, else bound from its root-owned folder `.nix`. */
  store: z.boolean(),
  /** LUKS under the file system. */
  encrypted: z.boolean(),
});

export const hardwareFacts = z.strictObject({
  /** The server's own disk, by id: different on every server. */
  rootDisk: deviceById,
  firmware: z.enum(["bios", "uefi"]),
  /** MAC address of the public network card, where the server has one. */
  mac: z
    .string()
    .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/)
    .nullable(),
});

/** A check of the machine's own that a switch is confirmed by. */
export const healthFacts = z.strictObject({
  /** Unique within the machine. */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/),
  /** One line for bash, run on the machine by root; it passes when it exits with 0. No secret: everybody on the machine may read it. */
  command: z.string().regex(/^[^\r\n]+$/),
  /** Seconds within which it has to pass; until then it is tried again. */
  limit: z.int().min(1).max(180),
});

export const facts = z.strictObject({
  version: z.literal(1),
  /** The machine's name, which is NixOS' host name and the name of the configuration in the flake. */
  machine: z.string().regex(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/),
  /** Which folder or file of `nix/hosts/` makes up its configuration. */
  host: z.string().regex(/^[a-z][a-z0-9-]*$/),
  system: z.enum(["x86_64-linux", "aarch64-linux"]),
  hardware: hardwareFacts,
  network: z.strictObject({
    /** Public IPv4 address, got by DHCP. */
    ipv4: z.ipv4().nullable(),
    /** Public IPv6 address of the machine, without prefix length, e.g. `2001:db8:1:2::1`; static, gateway fe80::1. */
    ipv6: z.ipv6().nullable(),
  }),
  storage: z.strictObject({
    rootFileSystem: z.enum(["ext4", "zfs"]),
    rootEncrypted: z.boolean(),
    volumes: z.array(volumeFacts),
  }),
  ssh: z.strictObject({
    port: z.int().min(1).max(65535),
    /** Path of the ed25519 host key on the machine; the key itself is a secret and never a fact. */
    hostKey: z.string().regex(/^\/[^\n]*$/),
    /** Public key by which `pulumi up` comes in as root. */
    deployKey: publicKey,
  }),
  admin: z.strictObject({
    /** A person with sudo, never root, so that the log tells who did what. */
    name: z.string().regex(/^(?!root$)[a-z_][a-z0-9_-]{0,31}$/),
    uid: z.int().min(1000).max(59999),
    keys: z.array(publicKey).min(1),
  }),
  /** Left out where there is none. */
  health: z.array(healthFacts).optional(),
});

export type Facts = z.infer<typeof facts>;
export type HardwareFacts = z.infer<typeof hardwareFacts>;
export type HealthFacts = z.infer<typeof healthFacts>;
export type VolumeFacts = z.infer<typeof volumeFacts>;

/** The folder of a store volume that is bound to `/nix`. Owned by root, beside the users' homes and not inside one of them. */
export const STORE_FOLDER = ".nix";

/** Folder of the key files on a machine, each named as its volume. nix/facts/module.nix has the same. */
export const KEY_FOLDER = "/etc/secrets/volumes";

/** What carries the file system of a volume, once it is open. */
export function fileSystemDevice({ name, device, encrypted }: Pick<VolumeFacts, "name" | "device" | "encrypted">): string {
  return encrypted ? `/dev/mapper/volume-${name}` : device;
}

/** Whether `/nix` lies on a volume, so that the installation is finished only when that has moved. */
export function storeOnVolume({ storage }: { storage: Pick<Facts["storage"], "volumes"> }): boolean {
  return storage.volumes.some((volume) => volume.store);
}
