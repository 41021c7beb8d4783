# shellcheck shell=bash
# What runs, what boots, what was made last. Touches nothing.

active=$(readlink -f /run/current-system)
echo "active $active"
echo "default $(readlink -f /nix/var/nix/profiles/system)"
echo "generation $(generation)"
echo "last $(last_system)"
echo "lastFlake $(last_flake)"
if systemctl is-active --quiet nixos-vps-rollback.timer; then echo "armed yes"; fi
# Somebody went to an earlier generation since: by `vps rollback`, which leaves a note, or on the machine itself.
echo "rolledBack $(rolled_back)"
last=$(last_system)
for link in /nix/var/nix/profiles/system-*-link; do
  number=${link##*/system-}
  case $(readlink -f "$link") in
  "$active") echo "activeGeneration ${number%-link}" ;;
  "$last") echo "lastGeneration ${number%-link}" ;;
  esac
done
