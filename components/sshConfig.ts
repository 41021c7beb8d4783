export interface SshTarget {
  machine: string;
  address: string;
  port: number;
  user: string;
  /** Public host key line. */
  hostPublicKey: string;
}

/**
 * A block for `~/.ssh/config` that reaches a machine under its own name with its host key pinned. `ssh -F` of the whole stack's text
 * works as well.
 *
 * The key is pinned by `KnownHostsCommand`, so that the text is whole in itself and no second file has to be kept beside it.
 */
export function sshConfigBlock(target: SshTarget): string {
  const [type, key] = target.hostPublicKey.split(" ");
  return [
    `Host ${target.machine}`,
    `  HostName ${target.address}`,
    `  Port ${target.port.toString()}`,
    `  User ${target.user}`,
    `  HostKeyAlias ${target.machine}`,
    `  HostKeyAlgorithms ssh-ed25519`,
    `  StrictHostKeyChecking yes`,
    `  UserKnownHostsFile none`,
    `  GlobalKnownHostsFile none`,
    `  KnownHostsCommand /bin/echo ${target.machine} ${type ?? ""} ${key ?? ""}`,
    "",
  ].join("\n");
}

/** The command a person types to get onto the machine. */
export function sshCommand(target: SshTarget): string {
  return `ssh -p ${target.port.toString()} ${target.user}@${target.address}`;
}
