# shellcheck shell=bash
# How a machine is: status.sh MOUNT_POINT... Touches nothing.

echo "host $(hostname)"
echo "active $(readlink -f /run/current-system)"
echo "default $(readlink -f /nix/var/nix/profiles/system)"
echo "generation $(generation)"
echo "last $(last_system)"
echo "lastFlake $(last_flake)"
echo "rolledBack $(rolled_back)"
echo "unconfirmed $(unconfirmed_system)"
echo "running $(systemctl is-system-running 2>/dev/null || true)"
if systemctl is-active --quiet nixos-vps-rollback.timer; then echo "armed yes"; fi
failed_units | while read -r unit; do echo "failed $unit"; done
for target in / "$@"; do
  if mountpoint -q "$target"; then
    # Bytes: size, free.
    df -P -B1 "$target" | awk -v target="$target" 'NR == 2 { print "disk " target, $2, $4 }'
  else
    echo "missing $target"
  fi
done
