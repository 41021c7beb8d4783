# shellcheck shell=bash
# Whether the system made from a flake of this hash was brought onto the mounted store volume, and is whole there: preparedSystem.sh HASH

hash=$1
root=${ROOT:-/mnt}
is_installer || refuse "this is not the NixOS installer"
[ "$(prepared_hash "$root")" = "$hash" ] || exit 0
system=$(prepared_system "$root")
[ -e "$root$system/nixos-version" ] || exit 0
# Nix's word for every path of it, and the file system's: after a hard power-off they may differ.
closure=$(nix --extra-experimental-features nix-command path-info --recursive --store "$root" "$system" 2>/dev/null) || exit 0
while IFS= read -r path; do
  [ -e "$root$path" ] || exit 0
done <<<"$closure"
echo "prepared $system"
