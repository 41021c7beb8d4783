# shellcheck shell=bash
# Whether a volume still is what a machine ran with: knownVolume.sh DEVICE UUID MOUNT_POINT [serving]
# UUID: of the file system that held its data. Changes nothing: what is not mounted is looked at read-only, its journal left alone. (The
# kernel notes damage that it meets.)
# serving: this is the machine that serves; what it has not mounted is not asked.

device=$1
expected=$2
mount_point=$3
serving=${4:-}
look=$WORK/look

# Where the whole of it is mounted, not only a folder of it.
mounted_at() {
  findmnt -rn -o TARGET,SOURCE 2>/dev/null | while read -r target source; do
    if [ "$target" != "$look" ] && { [ "$source" = "$device" ] || [ "$source" = "$(readlink -f "$device")" ]; }; then printf '%b\n' "$target"; fi
  done | head -n 1
}

let_go() { if mountpoint -q "$look"; then umount "$look"; fi; }

place=$(mounted_at)
if [ -z "$place" ] && [ -n "$serving" ]; then
  echo "known not asked"
  exit 0
fi
if [ -z "$serving" ]; then
  lock_machine
  # Left by a look that was cut off.
  let_go
fi
[ -e "$device" ] || refuse "the volume $device is not here"
uuid=$(blkid -p -o value -s UUID "$device") || uuid=
[ "$uuid" = "$expected" ] || refuse "the volume $device held the data of this machine ($mount_point) on the file system $expected, and now has another one (${uuid:-none}): it was formatted, or its content exchanged. Put the data back from a backup together with its file system, or attach the right volume"

if [ -z "$place" ]; then
  mkdir -p "$look"
  trap let_go EXIT
  mount -t ext4 -o ro,noload "$device" "$look" || refuse "the volume $device, which held the data of this machine ($mount_point), cannot be mounted. Look at it with e2fsck -n $device, make a copy, then e2fsck $device"
  place=$look
fi
holds_something "$place" ||
  refuse "the volume $device held the data of this machine ($mount_point), and now is empty. Put the data back from a backup"
echo "known yes"
