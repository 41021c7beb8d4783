# shellcheck shell=bash
# Makes a system the one that boots next, and notes what to go back to: bootNew.sh SYSTEM

new=$1
lock_machine
old=$(readlink -f /nix/var/nix/profiles/system)
mkdir -p /var/lib/nixos-vps /nix/var/nix/gcroots
if [ "$old" != "$new" ]; then
  ln -sfn "$old" /nix/var/nix/gcroots/nixos-vps-previous
  # Read at boot by a unit of the new system, which goes back when nobody removes the file in time.
  printf '%s\n' "$old" >/var/lib/nixos-vps/unconfirmed.part
  mv -f /var/lib/nixos-vps/unconfirmed.part /var/lib/nixos-vps/unconfirmed
fi
nix-env -p /nix/var/nix/profiles/system --set "$new"
"$new/bin/switch-to-configuration" boot >&2
echo "boots $new"
