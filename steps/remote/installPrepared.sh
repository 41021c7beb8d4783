# shellcheck shell=bash
# Installs a system that is in the store below /mnt already: installPrepared.sh SYSTEM, with the files that it gets (its host key among
# them) as a tar.gz on stdin. What nixos-anywhere's install phase does, without anything to evaluate, build or copy.

system=$1
root=${ROOT:-/mnt}
lock_machine
is_installer || refuse "this is not the NixOS installer, so nothing is installed"
mountpoint -q "$root" || refuse "nothing is mounted at $root: the root disk was not partitioned, or the installer was restarted since"
mountpoint -q "$root/nix" || refuse "nothing is mounted at $root/nix: the store volume is missing"
tar -xzf - -C "$root" --preserve-permissions --no-same-owner
chmod 0755 "$root"
# Where initrd secrets are put together.
install -d -m 1777 "$root/tmp"
nixos-install --root "$root" --system "$system" --no-root-passwd --no-channel-copy >&2
sync
echo "installed $system"
