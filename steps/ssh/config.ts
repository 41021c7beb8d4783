// The private ssh_config of a connection: pure text. Whoever answers must show the one host key that is expected; nothing of the user's
// own configuration, agent or known hosts takes part.

import { patience } from "../waiting";

/** One way to the machine: the cloud image and the installer, or the finished NixOS. */
export interface SshTarget {
  /** IPv4 or IPv6 address. */
  address: string;
  port: number;
  /** Name under which the key is known, instead of the address, which other servers may have had before. */
  alias: string;
  hostPublicKey: string;
}

export interface SshConfigFiles {
  /** Private key of the operator. */
  identity: string;
  knownHosts: string;
  /** The operator's own way to get there (a bastion, a proxy), if any: `$NIXOS_VPS_SSH_CONFIG`. */
  include?: string;
}

/**
 * Text of the ssh_config. OpenSSH takes the first value it finds, so what makes the connection trustworthy comes before the operator's own
 * file, and is said for this address only: a bastion on the way keeps its own keys.
 *
 * @param connectSeconds for the connection to be made, multiplied as `patience` says
 */
export function sshConfig(target: SshTarget, files: SshConfigFiles, connectSeconds = 15): string {
  return [
    `Host ${target.address}`,
    ...pinning(target, files).map(([name, value]) => `  ${name} ${value}`),
    "Match all",
    ...(files.include === undefined ? [] : [`Include ${quoted(files.include)}`, "Match all"]),
    `Host ${target.address}`,
    ...Object.entries({
      User: "root",
      Port: target.port,
      ConnectTimeout: Math.ceil(patience(connectSeconds * 1000) / 1000),
      ConnectionAttempts: 1,
      // A dead connection is noticed after a minute; a switch may well keep a machine busy for some seconds.
      ServerAliveInterval: Math.ceil(patience(10_000) / 1000),
      ServerAliveCountMax: 6,
      TCPKeepAlive: "yes",
    }).map(([name, value]) => `  ${name} ${value}`),
    "",
  ].join("\n");
}

/** Every option that decides who may answer and who we are. */
export function pinning(target: SshTarget, files: SshConfigFiles): [name: string, value: string][] {
  return [
    ["StrictHostKeyChecking", "yes"],
    ["UserKnownHostsFile", quoted(files.knownHosts)],
    ["GlobalKnownHostsFile", "/dev/null"],
    ["HostKeyAlias", target.alias],
    ["CheckHostIP", "no"],
    ["VerifyHostKeyDNS", "no"],
    ["KnownHostsCommand", "none"],
    ["UpdateHostKeys", "no"],
    ["HostKeyAlgorithms", keyType(target.hostPublicKey)],
    ["IdentitiesOnly", "yes"],
    ["IdentityFile", quoted(files.identity)],
    ["IdentityAgent", "none"],
    ["PreferredAuthentications", "publickey"],
    ["BatchMode", "yes"],
    ["ForwardAgent", "no"],
    ["ForwardX11", "no"],
    ["ClearAllForwardings", "yes"],
    ["PermitLocalCommand", "no"],
    // A health check must prove that a new connection is possible; a shared one would prove nothing.
    ["ControlMaster", "no"],
    ["ControlPath", "none"],
  ];
}

/** Line for a known_hosts file. */
export function knownHostsLine({ alias, hostPublicKey }: SshTarget): string {
  const [type = "", key = ""] = hostPublicKey.trim().split(/\s+/);
  return `${alias} ${type} ${key}\n`;
}

function keyType(publicKey: string): string {
  return publicKey.trim().split(/\s+/)[0] ?? "";
}

/** OpenSSH reads double quotes around a value; a quote inside one cannot be written, and no path of ours has one. */
function quoted(path: string): string {
  return /\s/.test(path) ? `"${path}"` : path;
}
