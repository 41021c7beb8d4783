# shellcheck shell=bash
# What a finished machine looks like: verify.sh HOST_NAME [MOUNT_POINT DEVICE]... Touches nothing.
# What is not mounted is a "mount …" line where the system that runs mounts it, and a "later …" line where only the switch can bring it.

expected=$1
unchecked=${UNCHECKED:-/var/lib/nixos-vps/volumes-unchecked}
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
    tell_file_system "$device" "$mount_point"
  elif ! mounts_there "$mount_point" "$device"; then
    echo "later $mount_point: $device is not mounted there, which this system does not do"
  elif [ -e "$unchecked" ]; then
    echo "mount $mount_point: $device is not mounted there, because no take-over has looked at the volumes: the note of that, $unchecked, keeps them away. If it is the right volume, remove the note, then: systemctl start default.target"
  else
    echo "mount $mount_point: $device is not mounted there"
  fi
done
systemctl list-units --failed --plain --no-legend --no-pager 2>/dev/null | while read -r unit _; do
  echo "failed $unit"
done
