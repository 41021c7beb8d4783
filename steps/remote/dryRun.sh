# shellcheck shell=bash
# Builds the system of a flake, which comes as a tar.gz on stdin, and says what going there would change: dryRun.sh MACHINE
# Nothing but the store and a folder of its own gets anything: neither what runs, nor what boots, nor /etc/nixos.

machine=$1
dry=$WORK/dry
is_nixos || refuse "this is not an installed NixOS"
lock_machine
rm -rf "$dry"
mkdir -p "$dry/flake"
tar -xzf - -C "$dry/flake" --no-same-owner
[ -f "$dry/flake/flake.nix" ] || refuse "what arrived has no flake.nix: the transfer was cut, nothing was changed"
cd "$dry"
# The link keeps the result from being collected until it is wanted, or until the next restart.
nixos-rebuild build --flake "$dry/flake#$machine" >&2
new=$(readlink -f "$dry/result")
[ -e "$new/nixos-version" ] || refuse "the build ended without a NixOS system: $new"

active=$(readlink -f /run/current-system)
echo "new $new"
echo "active $active"
restart_for "$new" "$(readlink -f /run/booted-system)" | while read -r part; do echo "boot $part"; done
mounts_moved "$new" "$active" | while read -r what; do echo "moved $what"; done
if [ "$(store_of "$active")" != "$(store_of "$new")" ]; then echo "store from $(store_of "$active") to $(store_of "$new")"; fi

nix-store -qR "$active" | sort >"$dry/had"
nix-store -qR "$new" | sort >"$dry/has"
comm -23 "$dry/had" "$dry/has" | sed 's|^[^-]*-|gone |'
comm -13 "$dry/had" "$dry/has" | sed 's|^[^-]*-|come |'

# A change that needs a boot is not activated live, but what it would do to units tells what it is about.
if [ "$new" != "$active" ]; then "$new/bin/switch-to-configuration" dry-activate 2>&1 | sed 's/^/unit /' || true; fi
