# shellcheck shell=bash
# The generations of the system that this machine has: generations.sh ROOT_DISK. Touches nothing.
# "NAME NUMBER …" lines: where it is, when it was made, its version, that it is a former server's, and what only a restart exchanges.

disk=$1
booted=$(readlink -f /run/booted-system)
echo "current $(generation)"
echo "active $(readlink -f /run/current-system)"
for link in /nix/var/nix/profiles/system-*-link; do
  [ -e "$link/nixos-version" ] || continue
  number=${link##*/system-}
  number=${number%-link}
  system=$(readlink -f "$link")
  echo "generation $number $system"
  echo "date $number $(stat -c %Y "$link")"
  echo "version $number $(cat "$system/nixos-version")"
  if of_another_server "$system" "$disk"; then echo "foreign $number yes"; fi
  restart_for "$system" "$booted" | while read -r part; do echo "boot $number $part"; done
done
