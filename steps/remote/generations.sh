# shellcheck shell=bash
# The generations of the system that this machine has: generations.sh ROOT_DISK. Touches nothing.
# "NAME NUMBER …" lines: where it is, when it was made, its version, that it is a former server's, how many seconds its own health checks may
# take, where its sshd listens, what it would unmount, and what only a restart exchanges.

disk=$1
active=$(readlink -f /run/current-system)
booted=$(readlink -f /run/booted-system)
echo "current $(generation)"
echo "active $active"
echo "boot $(cat /proc/sys/kernel/random/boot_id)"
echo "last $(last_system)"
echo "lastFlake $(last_flake)"
echo "rolledBack $(rolled_back)"
if systemctl is-active --quiet nixos-vps-rollback.timer; then echo "armed yes"; fi
echo "unconfirmed $(unconfirmed_system)"
store=$(store_of "$active")
for link in /nix/var/nix/profiles/system-*-link; do
  [ -e "$link/nixos-version" ] || continue
  number=${link##*/system-}
  number=${number%-link}
  system=$(readlink -f "$link")
  echo "generation $number $system"
  echo "date $number $(stat -c %Y "$link")"
  echo "version $number $(cat "$system/nixos-version")"
  if of_another_server "$system" "$disk" || [ "$(store_of "$system")" != "$store" ]; then echo "foreign $number yes"; fi
  echo "health $number $(health_seconds "$system")"
  awk -v number="$number" 'tolower($1) == "port" { print "port", number, $2 }' "$system/etc/ssh/sshd_config" 2>/dev/null || true
  mounts_gone "$system" "$active" | while read -r target; do echo "unmounts $number $target"; done
  restart_for "$system" "$booted" | while read -r part; do echo "restart $number $part"; done
  mounts_moved "$system" "$active" | while read -r what; do echo "restart $number $what"; done
done
