# shellcheck shell=bash
# What a finished machine looks like: verify.sh HOST_NAME [MOUNT_POINT DEVICE]... Touches nothing.

expected=$1
shift
echo "host $(hostname)"
echo "expected $expected"
echo "running $(systemctl is-system-running 2>/dev/null || true)"
echo "system $(readlink -f /run/current-system)"
echo "default $(readlink -f /nix/var/nix/profiles/system)"
echo "generation $(generation)"
flake=$(last_flake)
[ -n "$flake" ] || flake=$(cat /var/lib/nixos-vps/installed-flake 2>/dev/null || true)
echo "flake $flake"
while [ "$#" -gt 1 ]; do
  mount_point=$1
  device=$2
  shift 2
  if [ ! -e "$device" ]; then
    echo "mount $mount_point: $device is not here"
  elif mounts_of "$device" | grep -qxF "$mount_point"; then
    echo "mounted $mount_point"
    if holds_something "$mount_point"; then echo "fileSystem $device $(blkid -p -o value -s UUID "$device" 2>/dev/null || true)"; fi
  else
    echo "mount $mount_point: $device is not mounted there"
  fi
done
systemctl list-units --failed --plain --no-legend --no-pager 2>/dev/null | while read -r unit _; do
  echo "failed $unit"
done
