# shellcheck shell=bash
# The hardware facts of this server. Touches nothing.

by_id=${BY_ID:-/dev/disk/by-id}

# Whole disks that are not volumes: their names end neither in -partN nor begin with Hetzner's prefix for volumes.
candidates() {
  local link
  for link in "$by_id"/scsi-0QEMU_QEMU_HARDDISK_*; do
    [ -e "$link" ] || continue
    case $link in
    *-part[0-9]*) continue ;;
    esac
    echo "$link"
  done
}

# The disk below the file system that is mounted at $1, or nothing.
disk_below() {
  local source parent
  source=$(findmnt -rn -o SOURCE --mountpoint "$1" 2>/dev/null | tail -n 1) || return 0
  source=${source%%[[]*}
  [ -b "$source" ] || return 0
  while parent=$(lsblk -ndo PKNAME "$source" 2>/dev/null | head -n 1) && [ -n "$parent" ]; do
    source=/dev/$parent
  done
  echo "$source"
}

root_disk() {
  local found=() link disk
  while IFS= read -r link; do found+=("$link"); done < <(candidates)
  if [ "${#found[@]}" -eq 1 ]; then
    echo "${found[0]}"
    return 0
  fi
  [ "${#found[@]}" -gt 0 ] || refuse "there is no root disk among $by_id/*: expected one scsi-0QEMU_QEMU_HARDDISK_…"
  for mount in / /boot /boot/efi; do
    disk=$(disk_below "$mount")
    [ -n "$disk" ] || continue
    for link in "${found[@]}"; do
      if [ "$(readlink -f "$link")" = "$disk" ]; then
        echo "$link"
        return 0
      fi
    done
  done
  refuse "there are ${#found[@]} disks that could be the root disk (${found[*]}) and none of them carries / or /boot"
}

disk=$(root_disk)
echo "rootDisk /dev/disk/by-id/${disk##*/}"
if [ -d /sys/firmware/efi ]; then echo "firmware uefi"; else echo "firmware bios"; fi
echo "arch $(uname -m)"
echo "memoryMiB $(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)"
bytes=$(lsblk -bdno SIZE "$(readlink -f "$disk")" 2>/dev/null | head -n 1) || bytes=
echo "rootDiskMiB $((${bytes:-0} / 1048576))"

card=$(ip -o route show default 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
[ -n "$card" ] || card=$(ip -o -6 route show default 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
if [ -n "$card" ] && [ -r "/sys/class/net/$card/address" ]; then
  echo "mac $(cat "/sys/class/net/$card/address")"
fi
