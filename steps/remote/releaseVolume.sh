# shellcheck shell=bash
# Sees that nothing on this machine uses a volume: releaseVolume.sh DEVICE MOUNT_POINT [VOLUME]
# VOLUME: its name where it is encrypted; then it is closed as well.
# Prints "use none" (nothing used it), "use ended" (it was unmounted and closed), or "use system …" (it carries what the machine runs from,
# or cannot be freed: only a power-off ends that).
# Needs luks.sh.

device=$1
mount_point=$2
mapped=${3:+volume-$3}

lock_machine

# Where it is mounted, innermost last, through its LUKS or without.
targets() {
  mounts_of "$device"
  [ -z "$mapped" ] || mounts_of "/dev/mapper/$mapped"
}

closed() { [ -z "$mapped" ] || close_mapped "$mapped"; }

# Processes that have a file, folder or program of the file system at $1 open. Told by the device and not by the path, which is another one
# in a container.
users_of() {
  local own
  own=$(stat -c %d "$1")
  stat -L -c '%d %n' /proc/[0-9]*/cwd /proc/[0-9]*/root /proc/[0-9]*/exe /proc/[0-9]*/fd/* 2>/dev/null |
    awk -v own="$own" '$1 == own { split($2, part, "/"); print part[3] }' | sort -u || true
}

# Another device on top (a LUKS that is not the volume's own, LVM), or swap: uses that no unmounting ends.
stacked() {
  local name own='' holder
  name=$(readlink -f "$device")
  name=${name##*/}
  [ -z "$mapped" ] || own=$(readlink -f "/dev/mapper/$mapped")
  for holder in "/sys/class/block/$name/holders"/*; do
    [ ! -e "$holder" ] || [ "${holder##*/}" = "${own##*/}" ] || return 0
  done
  grep -q "^/dev/${name}[[:space:]]" /proc/swaps
}

carries_system() {
  local target
  while IFS= read -r target; do
    case $target in
    / | /nix | /nix/store) return 0 ;;
    esac
  done < <(targets)
  return 1
}

# People's sessions and services first get to end by themselves; what still holds on is told to, and then made to.
stop_users() {
  local unit uid signal
  unit=$(systemd-escape --path --suffix=mount "$mount_point" 2>/dev/null) || unit=
  if command -v loginctl >/dev/null; then
    loginctl list-users --no-legend 2>/dev/null | while read -r uid _; do
      [ "$uid" = 0 ] || loginctl terminate-user "$uid" 2>/dev/null || true
    done
  fi
  # An automount would mount it again at the next look.
  [ -z "$unit" ] || systemctl stop "${unit%.mount}.automount" 2>/dev/null || true
  # Stops everything that requires the mount, then unmounts.
  [ -z "$unit" ] || systemctl stop "$unit" 2>/dev/null || true
  for signal in TERM KILL; do
    while IFS= read -r target; do
      # shellcheck disable=SC2046
      kill -s "$signal" $(users_of "$target") 2>/dev/null || true
    done < <(targets)
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      unmount_all && return 0
      sleep 0.3
    done
  done
  return 1
}

# Innermost mounts first.
unmount_all() {
  local target
  sync
  while IFS= read -r target; do
    umount "$target" 2>/dev/null || true
  done < <(targets | tac)
  [ -z "$(targets)" ]
}

if [ ! -e "$device" ]; then
  echo "use none"
elif stacked; then
  echo "use system another device or swap is on top of it"
elif [ -z "$(targets)" ]; then
  if [ -z "$mapped" ] || [ ! -e "/dev/mapper/$mapped" ]; then
    echo "use none"
  elif closed; then
    echo "use ended"
  else
    echo "use system it is open as /dev/mapper/$mapped and cannot be closed"
  fi
elif is_installer; then
  # Nothing runs from the volume here; /nix below /mnt is a mount like any other.
  if unmount_all && closed; then echo "use ended"; else echo "use system it is busy in the installer: $(targets | tr '\n' ' ')$mapped"; fi
elif carries_system; then
  echo "use system it carries /nix"
elif stop_users && closed; then
  echo "use ended"
else
  echo "use system it is busy: $(targets | tr '\n' ' ')$mapped"
fi
