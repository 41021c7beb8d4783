// An `ssh` for programs that bring options of their own. nixos-anywhere hard-codes StrictHostKeyChecking=no, and OpenSSH takes the first
// value it is given (nixos-deployment.md §1.3): so this stands in front of its PATH and puts our options before theirs.
import { type SshConfigFiles, type SshTarget, pinning } from "./config";

/**
 * Text of a POSIX shell script to be installed as `ssh` in a folder of its own.
 *
 * The real ssh is looked up on PATH behind the script's own folder, so the same script works in a container.
 *
 * @param destination what the program is told to connect to; replaced by the address. nixos-anywhere puts its destination into a store
 * URL, where a bare IPv6 address cannot stand.
 */
export function sshShim(target: SshTarget, files: SshConfigFiles & { config: string }, destination: string): string {
  const options = pinning(target, files).map(([name, value]) => `-o ${shellQuote(`${name}=${value}`)}`);
  return `#!/bin/sh
# Puts the pinned host key before the options of whoever calls.
set -eu

own=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
real=
rest=$PATH:
while [ -n "$rest" ]; do
  folder=\${rest%%:*}
  rest=\${rest#*:}
  if [ -n "$folder" ] && [ "$folder" != "$own" ] && [ -x "$folder/ssh" ]; then
    real=$folder/ssh
    break
  fi
done
if [ -z "$real" ]; then
  echo "ssh: OpenSSH is not installed on the operator's side" >&2
  exit 127
fi

count=$#
while [ "$count" -gt 0 ]; do
  word=$1
  shift
  case $word in
    ${shellQuote(`root@${destination}`)}) word=${shellQuote(`root@${target.address}`)} ;;
    ${shellQuote(destination)}) word=${shellQuote(target.address)} ;;
  esac
  set -- "$@" "$word"
  count=$((count - 1))
done

exec "$real" -F ${shellQuote(files.config)} \\
  ${options.join(" \\\n  ")} "$@"
`;
}

/** One word of a POSIX shell command. */
export function shellQuote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
