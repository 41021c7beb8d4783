# shellcheck shell=bash
# What runs, what boots, what was made last. Touches nothing.

echo "active $(readlink -f /run/current-system)"
echo "default $(readlink -f /nix/var/nix/profiles/system)"
echo "generation $(generation)"
echo "last $(last_system)"
echo "lastFlake $(last_flake)"
if systemctl is-active --quiet nixos-vps-rollback.timer; then echo "armed yes"; fi
