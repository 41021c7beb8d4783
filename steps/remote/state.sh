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
echo "unconfirmed $(unconfirmed_system)"
# Left by a release that no detachment followed (releaseVolume.sh).
for mask in /run/systemd/system/*.mount; do
  [ "$(readlink "$mask")" != /dev/null ] || echo "masked ${mask##*/}"
done
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
