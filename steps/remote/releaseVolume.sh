# shellcheck shell=bash
# Sees that nothing on this machine uses a volume: releaseVolume.sh DEVICE MOUNT_POINT [VOLUME]
# VOLUME: its name where it is encrypted; then it is closed as well.
# Prints "removed yes" where the system that runs mounts it nowhere: the machine goes on without it. And "use none" (nothing used it; after
# "device missing" where it is not here), "use ended" (it was unmounted and closed), or "use system …" (it carries what the machine runs from,
# or cannot be freed: only a power-off ends that).
# A volume that nothing uses is kept so until it is detached: its mount is masked, until the next boot or until the machine gets a lease
# again (allowMount.sh, mountNow.sh).
# Needs luks.sh.

device=$1
mount_point=$2
mapped=${3:+volume-$3}

lock_machine
wanted=$(places_of "$device" "${mapped:+/dev/mapper/$mapped}" "$mount_point")
mapfile -t units < <(
  while IFS= read -r place; do systemd-escape --path --suffix=mount "$place" 2>/dev/null || true; done <<<"${wanted:-$mount_point}"
)
# Should it be detached meanwhile, the link goes first; what is mounted stays, under the name of the device itself.
[ ! -e "$device" ] || device=$(readlink -f "$device")

# Where it is mounted, innermost last, through its LUKS or without.
targets() {
  mounts_of "$device"
  [ -z "$mapped" ] || mounts_of "/dev/mapper/$mapped"
}

closed() { [ -z "$mapped" ] || close_mapped "$mapped"; }

# Devices that a file system of the volume may lie on.
carriers() { printf '%s\n' "$device" ${mapped:+"/dev/mapper/$mapped"}; }

# MAJOR:MINOR of a block device.
numbers_of() {
  local major minor
  read -r major minor < <(stat -L -c '%t %T' "$1")
  echo "$((0x$major)):$((0x$minor))"
}

# Whether the kernel still has the file system, be it mounted here or not: what a container, a sandboxed service or a file that is still open
# holds, is written to after it was unmounted here. ext4, XFS, f2fs and btrfs say so themselves: below /sys/fs/TYPE stands, beside what is
# always there (`features`, `stats`), the kernel's name of each device that is in use. Others are looked for in every process's mounts.
held() {
  local carrier name mark
  while IFS= read -r carrier; do
    [ -b "$carrier" ] || continue
    name=$(readlink -f "/sys/dev/block/$(numbers_of "$carrier")" || true)
    if [ -n "$name" ]; then
      for mark in /sys/fs/*/"${name##*/}" /sys/fs/btrfs/*/devices/"${name##*/}"; do [ ! -e "$mark" ] || return 0; done
    fi
    [ -z "$(mounted_by "$carrier")" ] || return 0
  done < <(carriers)
  return 1
}

# Processes in whose mounts the device $1 is.
mounted_by() {
  [ ! -b "$1" ] || grep -lsE "^[0-9]+ [0-9]+ $(numbers_of "$1") " /proc/[0-9]*/mountinfo | cut -d / -f 3 || true
}

free() { [ -z "$(targets)" ] && ! held; }

# In words, what could not be ended.
what_holds() {
  local found pid
  found=$(targets | tr '\n' ' ')
  if [ -n "$found" ] || ! held; then
    echo "it is busy: $found$mapped"
    return 0
  fi
  found=$(carriers | while IFS= read -r carrier; do mounted_by "$carrier"; done | head -n 5 |
    while IFS= read -r pid; do echo "$(cat "/proc/$pid/comm" 2>/dev/null) ($pid)"; done | tr '\n' ' ')
  echo "it is not mounted here any more but still in use, in a container for example: ${found:-no process could be found}"
}

# Processes that have a file, folder or program of the file system open. Told by the device and not by the path, which is another one in a
# container; and by its own numbers, as a path that has been unmounted meanwhile would name the root disk's.
users_of_it() {
  local carrier major minor own=' '
  while IFS= read -r carrier; do
    [ -b "$carrier" ] || continue
    IFS=: read -r major minor < <(numbers_of "$carrier")
    own="$own$((major << 8 | minor & 0xff | (minor & ~0xff) << 12)) "
  done < <(carriers)
  stat -L -c '%d %n' /proc/[0-9]*/cwd /proc/[0-9]*/root /proc/[0-9]*/exe /proc/[0-9]*/fd/* 2>/dev/null |
    awk -v own="$own" 'index(own, " " $1 " ") { split($2, part, "/"); print part[3] }' | sort -u || true
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

# Whether the machine goes on without it: what it is to do without is no reason to power it off.
removed() { is_nixos && [ -r "${SYSTEM:-}/etc/fstab" ] && [ -z "$wanted" ] && ! carries_system; }

# A timer, a socket or a person may want the mount at any moment before the volume is detached.
withhold() {
  [ "${#units[@]}" -gt 0 ] && is_nixos && [ -n "$wanted" ] || return 0
  # Also where this script is cut off: what was not released must not stay away.
  trap give_back EXIT
  systemctl mask --runtime "${units[@]}" >/dev/null 2>&1 || say "${units[*]} could not be masked: whatever mounts it now would be cut off"
  # What was asked for before may still be under way, with a check of the file system first.
  systemctl stop "${units[@]}" 2>/dev/null || true
}
give_back() { systemctl unmask --runtime "${units[@]}" >/dev/null 2>&1 || true; }
settled() {
  echo "use $1"
  trap - EXIT
}

# People's sessions and services first get to end by themselves; what still holds on is told to, and then made to.
stop_users() {
  local uid signal users
  if command -v loginctl >/dev/null; then
    loginctl list-users --no-legend 2>/dev/null | while read -r uid _; do
      [ "$uid" = 0 ] || loginctl terminate-user "$uid" 2>/dev/null || true
    done
  fi
  # An automount would mount it again at the next look.
  [ "${#units[@]}" = 0 ] || systemctl stop "${units[@]/%.mount/.automount}" 2>/dev/null || true
  # Stops everything that requires the mount, then unmounts.
  [ "${#units[@]}" = 0 ] || systemctl stop "${units[@]}" 2>/dev/null || true
  withhold
  for signal in TERM KILL; do
    users=$(users_of_it)
    [ "$signal" = TERM ] || [ -n "$users" ] || return 1
    # shellcheck disable=SC2086
    kill -s "$signal" $users 2>/dev/null || true
    ! unmounted || return 0
  done
  return 1
}

# Innermost mounts first. The last one who lets go of a file system may take a moment to be gone.
unmounted() {
  local target _
  sync
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    while IFS= read -r target; do
      umount "$target" 2>/dev/null || true
    done < <(targets | tac)
    ! free || return 0
    sleep 0.3
  done
  return 1
}

if removed; then echo "removed yes"; fi
if [ ! -e "$device" ]; then
  echo "device missing"
  echo "use none"
elif stacked; then
  echo "use system another device or swap is on top of it"
elif free && withhold && free; then
  if [ -z "$mapped" ] || [ ! -e "/dev/mapper/$mapped" ]; then
    settled none
  elif closed; then
    settled ended
  else
    echo "use system it is open as /dev/mapper/$mapped and cannot be closed"
  fi
elif is_installer; then
  # Nothing runs from the volume here; /nix below /mnt is a mount like any other.
  if unmounted && closed; then settled ended; else echo "use system in the installer $(what_holds)"; fi
elif carries_system; then
  echo "use system it carries /nix"
elif stop_users && closed; then
  settled ended
else
  echo "use system $(what_holds)"
fi
