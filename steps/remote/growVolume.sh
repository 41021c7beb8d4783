# shellcheck shell=bash
# Lets the file system of a mounted volume fill the volume, which has become bigger: growVolume.sh DEVICE BYTES [VOLUME]
# VOLUME: its name where it is encrypted; then its LUKS grows before its file system.
# Online: nothing is unmounted or stopped. Prints "grown yes SIZE_IN_MIB", "grown already SIZE_IN_MIB", or "grown later" where NixOS does it
# when it mounts the volume the next time.
# Needs luks.sh.

device=$1
bytes=$2
volume=${3:-}
# What carries the file system.
carrier=$device
[ -z "$volume" ] || carrier=/dev/mapper/volume-$volume

# Of the file system, as its own superblock has it.
file_system_bytes() {
  tune2fs -l "$carrier" | awk -F: '/^Block count:/ { count = $2 } /^Block size:/ { size = $2 } END { printf "%d\n", count * size }'
}

# The kernel hears of a new size by itself, sometimes late; a rescan makes it look.
await_size() {
  local name _
  name=$(readlink -f "$device")
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
    still_here "$device"
    [ "$(blockdev --getsize64 "$device")" -lt "$bytes" ] || return 0
    if [ -w "/sys/class/block/${name##*/}/device/rescan" ]; then echo 1 >"/sys/class/block/${name##*/}/device/rescan"; fi
    sleep 1
  done
  return 1
}

lock_machine
[ -e "$device" ] || refuse "the volume $device is not here"
mount_point=$(mounts_of "$carrier" | head -n 1)
if [ -z "$mount_point" ]; then
  echo "grown later"
  exit 0
fi
type=$(blkid -p -o value -s TYPE "$carrier") || type=
still_here "$device"
[ "$type" = ext4 ] || refuse "the volume $device holds ${type:-nothing that could be recognised}, and only ext4 is grown here. The volume itself is bigger already; grow its file system by hand"
case ,$(findmnt -rn -o OPTIONS --mountpoint "$mount_point" | tail -n 1), in
*,ro,*) refuse "$mount_point is mounted read-only, as the kernel does after an error of the disk or the file system. See journalctl -k on the machine, and have it checked by e2fsck (a restart does) before it grows" ;;
esac
case $(tune2fs -l "$carrier" | sed -n 's/^Filesystem state: *//p') in
*error*) refuse "the file system of $carrier is marked as having errors, and the kernel grows none such. Restart the machine, which has it checked, then try again" ;;
esac
await_size || refuse "the kernel still sees $(blockdev --getsize64 "$device") bytes of $device instead of $bytes. A restart of the machine makes it look anew, and then the file system grows by itself"

# The kernel forgets the key of an opened LUKS but for reading and writing, so it has to be given once more.
if [ -n "$volume" ]; then
  [ -r "$KEYS/$volume" ] || refuse "the passphrase of the volume $volume is not on this machine ($KEYS/$volume), so its LUKS cannot grow while it is open. A restart of the machine opens it in its new size"
  cryptsetup resize "volume-$volume" --key-file "$KEYS/$volume" >&2 || refuse "the LUKS of the volume $volume did not grow (cryptsetup's words stand above). A restart of the machine opens it in its new size"
fi

before=$(file_system_bytes)
resize2fs "$carrier" >&2
after=$(file_system_bytes)
if [ "$after" -gt "$before" ]; then
  echo "grown yes $((after / 1048576))"
elif [ $(($(blockdev --getsize64 "$carrier") - after)) -lt 134217728 ]; then
  # A last group of less than 128 MiB may be too small to be used.
  echo "grown already $((after / 1048576))"
else
  echo "grown later"
fi
