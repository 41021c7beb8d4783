// The command line of nixos-anywhere 1.13, flag by flag. What is not emulated is refused in words, never ignored where it has an effect.

export const PHASES = ["kexec", "disko", "install", "reboot"] as const;
export type Phase = (typeof PHASES)[number];

export interface Arguments {
  flake: { folder: string; attribute: string };
  /** `user@host` or `host`. */
  target: string;
  phases: Set<Phase>;
  identity: string | undefined;
  port: string | undefined;
  postKexecPort: string;
  sshOptions: string[];
  kexec: string | undefined;
  forceKexec: boolean;
  diskoMode: "disko" | "mount" | "format";
  extraFiles: string | undefined;
  chown: { path: string; owner: string }[];
  diskEncryptionKeys: { remote: string; local: string }[];
  copyHostKeys: boolean;
}

/** Wrong use, or something that is not emulated; nixos-anywhere ends with exit code 1. */
export class Abort extends Error {}

/** Flags without effect here: how Nix builds, fetches and prints. Value: how many arguments they take. */
const WITHOUT_EFFECT: Partial<Record<string, number>> = {
  "-L": 0,
  "--print-build-logs": 0,
  "-t": 0,
  "--tty": 0,
  "--debug": 0,
  "--show-trace": 0,
  "--option": 2,
  "--ssh-store-setting": 2,
  "--kexec-extra-flags": 1,
  "--no-substitute-on-destination": 0,
  "--no-use-machine-substituters": 0,
  "--no-disko-deps": 0,
  "--build-on-remote": 0,
};

const NOT_EMULATED: Partial<Record<string, string>> = {
  "--store-paths": "there is no Nix store on this side; give --flake",
  "-s": "there is no Nix store on this side; give --flake",
  "--from": "there is no other store to copy from",
  "--vm-test": "no virtual machine is started",
  "--generate-hardware-config": "emulated servers have no hardware to describe",
  "--env-password": "emulated servers let nobody in by password; put a key into the server's ssh_keys",
};

export function parseArguments(argv: readonly string[]): Arguments {
  const rest = [...argv];
  const parsed: Arguments = {
    flake: { folder: "", attribute: "" },
    target: "",
    phases: new Set(PHASES),
    identity: undefined,
    port: undefined,
    postKexecPort: "22",
    sshOptions: [],
    kexec: undefined,
    forceKexec: false,
    diskoMode: "disko",
    extraFiles: undefined,
    chown: [],
    diskEncryptionKeys: [],
    copyHostKeys: false,
  };
  let flake = "";
  const value = (flag: string): string => {
    const next = rest.shift();
    if (next === undefined) throw new Abort(`missing value for ${flag}`);
    return next;
  };
  const set: Partial<Record<string, (flag: string) => void>> = {
    "--flake": (flag) => (flake = value(flag)),
    "-f": (flag) => (flake = value(flag)),
    "--target-host": (flag) => (parsed.target = value(flag)),
    "-i": (flag) => (parsed.identity = value(flag)),
    "-p": (flag) => (parsed.port = value(flag)),
    "--ssh-port": (flag) => (parsed.port = value(flag)),
    "--post-kexec-ssh-port": (flag) => (parsed.postKexecPort = value(flag)),
    "--ssh-option": (flag) => parsed.sshOptions.push(value(flag)),
    "--kexec": (flag) => (parsed.kexec = value(flag)),
    // The real one shifts once too often here, so the argument after it is lost.
    "--force-kexec": () => {
      parsed.forceKexec = true;
      rest.shift();
    },
    "--disko-mode": (flag) => (parsed.diskoMode = oneOf(flag, value(flag), ["disko", "mount", "format"] as const)),
    "--extra-files": (flag) => (parsed.extraFiles = value(flag)),
    "--chown": (flag) => parsed.chown.push({ path: value(flag), owner: value(flag) }),
    "--disk-encryption-keys": (flag) => parsed.diskEncryptionKeys.push({ remote: value(flag), local: value(flag) }),
    "--copy-host-keys": () => (parsed.copyHostKeys = true),
    "--build-on": (flag) => oneOf(flag, value(flag), ["auto", "remote", "local"] as const),
    "--phases": (flag) => (parsed.phases = phases(value(flag))),
    "--stop-after-disko": () => (parsed.phases = new Set<Phase>(["kexec", "disko"])),
    "--no-reboot": () => parsed.phases.delete("reboot"),
  };
  for (let flag = rest.shift(); flag !== undefined; flag = rest.shift()) {
    const refusal = NOT_EMULATED[flag];
    if (refusal !== undefined) throw new Abort(`${flag} is not emulated: ${refusal}`);
    const silent = WITHOUT_EFFECT[flag];
    const known = set[flag];
    if (silent !== undefined) rest.splice(0, silent);
    else if (known) known(flag);
    else if (flag.startsWith("-") || parsed.target !== "") throw new Abort(`unrecognised option or argument: ${flag}`);
    else parsed.target = flag;
  }
  if (parsed.target === "") throw new Abort("ssh-host must be set");
  if (flake === "") throw new Abort("--flake must be set");
  parsed.flake = splitFlake(flake);
  return parsed;
}

function splitFlake(reference: string): Arguments["flake"] {
  const match = /^(?:path:|git\+file:\/\/)?([^#?]+)(?:\?[^#]*)?#(.+)$/.exec(reference);
  if (!match?.[1] || !match[2]) {
    throw new Abort(
      `Please specify the name of the NixOS configuration to be installed, as a URI fragment in the flake-uri: ${reference}#NAME`,
    );
  }
  const attribute = /^(?:nixosConfigurations\.)?"?([A-Za-z0-9_-]+)"?$/.exec(match[2])?.[1];
  if (attribute === undefined) throw new Abort(`${match[2]} is no name of a NixOS configuration`);
  return { folder: match[1], attribute };
}

function phases(list: string): Set<Phase> {
  const known = new Set<string>(PHASES);
  const names = list.split(",");
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) throw new Abort(`Unknown phase: ${unknown}`);
  return new Set(names as Phase[]);
}

function oneOf<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new Abort(`Invalid value ${value} for ${flag}, must be one of ${allowed.join(", ")}`);
  return found;
}
