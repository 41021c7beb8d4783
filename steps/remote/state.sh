# shellcheck shell=bash
# What runs, what boots, what was made last. Touches nothing.

active=$(readlink -f /run/current-system)
echo "active $active"
echo "default $(readlink -f /nix/var/nix/profiles/system)"
echo "generation $(generation)"
echo "last $(last_system)"
echo "lastFlake $(last_flake)"
if systemctl is-active --quiet nixos-vps-rollback.timer; then echo "armed yes"; fi
# Somebody went to another generation since: by `vps rollback`, which leaves a note, or on the machine itself.
echo "rolledBack $(rolled_back)"
for link in /nix/var/nix/profiles/system-*-link; do
  [ "$(readlink -f "$link")" = "$active" ] || continue
  number=${link##*/system-}
  echo "activeGeneration ${number%-link}"
done
