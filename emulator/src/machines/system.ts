// What the emulated NixOS knows of a system. A real Nix would get this from evaluating the flake; here a program that the user of
// the emulator names (`evaluator`) does: it is run as `evaluator FLAKE_DIR ATTRIBUTE` and prints this as JSON. Names follow NixOS
// options, so that a real evaluation can be cut down to the same shape.
import { z } from "zod";

export const systemDescription = z.strictObject({
  hostName: z.string(),
  system: z.enum(["x86_64-linux", "aarch64-linux"]),
  /** Changes of these ask for a reboot. */
  kernel: z.string(),
  initrd: z.string(),
  kernelParams: z.array(z.string()),
  /**
   * Kernel or initrd die before systemd runs: the machine starts again after the `panic=` seconds of its kernel parameters, or, without,
   * stands still with its power on. Lets a test order a boot that nothing on the machine can mend.
   */
  panics: z.boolean().optional(),
  /** By default GRUB on BIOS and systemd-boot on UEFI. */
  bootLoader: z.enum(["grub", "systemd-boot"]).optional(),
  /** Names and versions of what the system is made of; each becomes a store path of its own, so that "what is there already" is real. */
  closure: z.array(z.string()),
  /** Disk that the installer partitions, and the file system of `/` on it. */
  disko: z.strictObject({ device: z.string(), rootFileSystem: z.enum(["ext4", "zfs"]), encrypted: z.boolean() }),
  /** Mounts beside `/` and `/boot`, keyed by mount point. */
  fileSystems: z.record(
    z.string(),
    z.strictObject({
      device: z.string(),
      fsType: z.string(),
      options: z.array(z.string()),
      neededForBoot: z.boolean(),
      depends: z.array(z.string()),
    }),
  ),
  /** LUKS devices that the machine opens by itself, keyed by their name below /dev/mapper, with the file that holds the passphrase. */
  luks: z.record(z.string(), z.strictObject({ device: z.string(), keyFile: z.string() })).optional(),
  openssh: z.strictObject({
    ports: z.array(z.int()),
    /** Paths of private host keys on the machine. */
    hostKeys: z.array(z.string()),
  }),
  users: z.record(
    z.string(),
    z.strictObject({
      uid: z.int(),
      gid: z.int(),
      home: z.string(),
      /** May use sudo without a password. */
      wheel: z.boolean(),
      authorizedKeys: z.array(z.string()),
    }),
  ),
  /** Services, keyed by unit name, e.g. `nginx.service`. */
  units: z.record(
    z.string(),
    z.strictObject({
      /** TCP ports that answer while the unit is active. */
      ports: z.array(z.int()),
      requiresMountsFor: z.array(z.string()),
      /** The unit fails to start; lets a test order a bad configuration. */
      fails: z.boolean(),
      /** What it does when it starts: POSIX sh, as root, with the little search path of a NixOS service. A failure makes the unit fail. */
      script: z.string().optional(),
      /** What starts it besides a person: `multi-user.target` by default, or mounts such as `home.mount`, whenever they are mounted. */
      wantedBy: z.array(z.string()).optional(),
    }),
  ),
  /** Commands of the machine's own health checks, keyed by name. */
  health: z.record(z.string(), z.string()),
  /** Programs of the system beside the usual ones, name to text (a script with its `#!` line); they come first on a login's search path. */
  programs: z.record(z.string(), z.string()).optional(),
  /** Files of `/etc`, path below /etc to text. */
  etc: z.record(z.string(), z.string()),
});

export type SystemDescription = z.infer<typeof systemDescription>;
