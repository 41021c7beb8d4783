// Stands in for Nix's evaluation on the emulated cloud: reads the facts of a flake folder and says what the emulated NixOS has to know
// of the system, in the shape that the emulator asks for. What is in `nix/` is not evaluated here; its content only makes the system
// another one. A file `emulated.json` in the folder adds what a real evaluation would find in the modules (services, kernel, checks).
//
//   tsx local/evaluator.ts FLAKE_DIR ATTRIBUTE
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type SystemDescription, systemDescription } from "../emulator/src/machines/system";
import { type Facts, fileSystemDevice, KEY_FOLDER, STORE_FOLDER, type VolumeFacts, facts as factsSchema } from "../steps/facts";
import { flakeHash } from "../steps/system/flakeFolder";

/** What a real evaluation would find in the modules, as far as a story or a test wants to change it. */
const emulated = systemDescription
  .pick({ kernel: true, initrd: true, kernelParams: true, panics: true, units: true, health: true, programs: true, etc: true })
  .partial();
type Emulated = z.infer<typeof emulated>;

const KERNEL = "linux-6.18.44";

/** What every system of ours is made of beside its own configuration; each is a store path of its own on the machine. */
const BASE = [KERNEL, "systemd-260.2", "openssh-10.3p1", "nix-2.34.1", "glibc-2.42", "bash-5.3p9", "coreutils-9.11", "grub-2.14"];

export function evaluate(folder: string, attribute: string): SystemDescription {
  const facts = readFacts(folder);
  const wanted = /^(?:nixosConfigurations\.)?"?([a-z0-9-]+)"?/.exec(attribute)?.[1];
  if (wanted !== facts.machine) {
    throw new Error(`flake '${folder}' does not provide attribute '${attribute}': its machine is ${facts.machine}`);
  }
  const extra = readEmulated(folder);
  const kernel = extra.kernel ?? KERNEL;
  const encrypted = facts.storage.volumes.filter((volume) => volume.encrypted);
  return {
    hostName: facts.machine,
    system: facts.system,
    kernel,
    initrd: extra.initrd ?? `initrd-${kernel}`,
    kernelParams: extra.kernelParams ?? ["console=ttyS0,115200", "console=tty0"],
    ...(extra.panics !== undefined && { panics: extra.panics }),
    // The flake installs GRUB everywhere (nix/modules/hardware/hetzner-cloud.nix).
    bootLoader: "grub",
    closure: [...BASE, `nixos-configuration-${flakeHash(folder).slice(0, 32)}`],
    disko: { device: facts.hardware.rootDisk, rootFileSystem: facts.storage.rootFileSystem, encrypted: facts.storage.rootEncrypted },
    fileSystems: Object.fromEntries(facts.storage.volumes.flatMap(mountsOf)),
    ...(encrypted.length > 0 && { luks: Object.fromEntries(encrypted.map(opensItself)) }),
    openssh: { ports: [facts.ssh.port], hostKeys: [facts.ssh.hostKey] },
    users: {
      root: { uid: 0, gid: 0, home: "/root", wheel: true, authorizedKeys: [facts.ssh.deployKey] },
      [facts.admin.name]: {
        uid: facts.admin.uid,
        gid: 100,
        home: `/home/${facts.admin.name}`,
        wheel: true,
        authorizedKeys: facts.admin.keys,
      },
    },
    units: {
      "sshd.service": { ports: [facts.ssh.port], requiresMountsFor: [], fails: false },
      ...Object.fromEntries(facts.storage.volumes.filter((volume) => !volume.store).map((volume) => arrival(volume, facts))),
      ...extra.units,
    },
    health: extra.health ?? {},
    ...(extra.programs && { programs: extra.programs }),
    etc: {
      hostname: `${facts.machine}\n`,
      "vps/root-disk": `${facts.hardware.rootDisk}\n`,
      ...Object.fromEntries(facts.storage.volumes.filter((volume) => !volume.store).map(mountedWhenChecked)),
      ...extra.etc,
    },
  };
}

/** The same rules as the storage modules of the flake (DESIGN §4): what carries the store is needed for boot and never `nofail`. */
function mountsOf(volume: VolumeFacts): [string, SystemDescription["fileSystems"][string]][] {
  const options = volume.store
    ? ["noatime", "nodev", "x-systemd.device-timeout=120s", "x-systemd.growfs"]
    : ["noatime", "nodev", "nofail", "x-systemd.device-timeout=15s", "x-systemd.growfs"];
  const mount = { device: fileSystemDevice(volume), fsType: "ext4", options, neededForBoot: volume.store, depends: [] };
  if (!volume.store || volume.mountPoint === "/nix") return [[volume.mountPoint, mount]];
  const store = {
    device: join(volume.mountPoint, STORE_FOLDER),
    fsType: "none",
    options: ["bind"],
    neededForBoot: true,
    depends: [volume.mountPoint],
  };
  return [
    [volume.mountPoint, mount],
    ["/nix", store],
  ];
}

/** As nix/modules/storage/volumes.nix has it: not before the take-over has looked at it. */
function mountedWhenChecked({ mountPoint }: VolumeFacts): [string, string] {
  const unit = mountPoint.slice(1).replaceAll("-", "\\x2d").replaceAll("/", "-");
  return [`systemd/system/${unit}.mount.d/overrides.conf`, "[Unit]\nAssertPathExists=!/var/lib/nixos-vps/volumes-unchecked\n"];
}

/** As nix/modules/storage/encrypted-volumes.nix has it: from a file on the root disk. */
function opensItself({ name, device }: VolumeFacts): [string, { device: string; keyFile: string }] {
  return [`volume-${name}`, { device, keyFile: join(KEY_FOLDER, name) }];
}

/**
 * NixOS makes homes before a loose volume is there, so the flake makes them again when it has come (nix/modules/storage/volumes.nix).
 */
function arrival(volume: VolumeFacts, { admin }: Facts): [string, SystemDescription["units"][string]] {
  const home = `/home/${admin.name}`;
  const isBelow = home.startsWith(`${volume.mountPoint}/`);
  return [
    `vps-arrived-${volume.name}.service`,
    {
      ports: [],
      requiresMountsFor: [volume.mountPoint],
      fails: false,
      wantedBy: [`${volume.mountPoint.slice(1).replaceAll("/", "-")}.mount`],
      ...(isBelow && { script: `[ -d ${home} ] || { mkdir -m 0700 ${home} && chown ${admin.uid.toString()}:100 ${home}; }` }),
    },
  ];
}

function readFacts(folder: string): Facts {
  const parsed = factsSchema.safeParse(JSON.parse(readFileSync(join(folder, "facts.json"), "utf8")));
  if (!parsed.success) throw new Error(`error: facts.json is not valid\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function readEmulated(folder: string): Emulated {
  const file = join(folder, "emulated.json");
  return existsSync(file) ? emulated.parse(JSON.parse(readFileSync(file, "utf8"))) : {};
}

if (require.main === module) {
  try {
    const [folder, attribute] = process.argv.slice(2);
    if (!folder || !attribute) throw new Error("usage: evaluator FLAKE_DIR ATTRIBUTE");
    process.stdout.write(`${JSON.stringify(evaluate(folder, attribute))}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
