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
# A system that was booted and that nobody confirmed yet: the second line of the note that the machine goes back by.
echo "unconfirmed $(sed -n 2p /var/lib/nixos-vps/unconfirmed 2>/dev/null || true)"
# The number of the newest generation of SYSTEM. Two may be of one system: then the one that boots counts.
number_of() {
  local link
  if [ "$(readlink -f /nix/var/nix/profiles/system)" = "$1" ]; then
    generation
    return
  fi
  for link in /nix/var/nix/profiles/system-*-link; do
    [ "$(readlink -f "$link")" != "$1" ] || echo "${link##*/system-}"
  done | sed 's/-link$//' | sort -n | tail -n 1
}
echo "activeGeneration $(number_of "$active")"
echo "lastGeneration $(number_of "$(last_system)")"
