# shellcheck shell=bash
# Builds the system of /etc/nixos.next and says what changing to it would take: build.sh MACHINE

machine=$1
work=$WORK
lock_machine
mkdir -p "$work"
cd "$work"
# The link also keeps the result from being collected before it is a generation.
nixos-rebuild build --flake "$NEXT#$machine" >&2
new=$(readlink -f "$work/result")
[ -e "$new/nixos-version" ] || refuse "the build ended without a NixOS system: $new"

active=$(readlink -f /run/current-system)
booted=$(readlink -f /run/booted-system)
echo "new $new"
echo "health $(health_seconds "$new")"

# A running kernel cannot be exchanged, and a file system that is in use cannot be put elsewhere: such changes need a boot.
restart_for "$new" "$booted" | while read -r part; do echo "boot $part"; done
mounts_moved "$new" "$active" | while read -r what; do echo "moved $what"; done
if [ "$(store_of "$active")" != "$(store_of "$new")" ]; then echo "store from $(store_of "$active") to $(store_of "$new")"; fi
