# shellcheck shell=bash
# Puts pieces of another volume, as sendChunks.sh wrote them, onto this one: receiveChunks.sh DEVICE CHUNK_MIB NUMBER... <PIECES
# It overwrites the device, so it is called for nothing but a volume that was made to become a copy. Cut off, some pieces are not there
# or half there, which the next look at the digests shows.
set -o pipefail

device=$1
mebibytes=$2
shift 2

[ -e "$device" ] || refuse "the volume $device is not here"
[ -z "$(mounts_of "$device")" ] || refuse "the volume $device is mounted at $(mounts_of "$device" | tr '\n' ' '), so it is no copy in the making"
size=$(blockdev --getsize64 "$device")
for number in "$@"; do
  [ "$size" -ge $(((number + 1) * mebibytes * 1048576)) ] || refuse "the volume $device has only $size bytes, too few for piece $number"
done
gunzip | for number in "$@"; do
  dd of="$device" bs=1M seek="$((number * mebibytes))" count="$mebibytes" iflag=fullblock conv=notrunc,fdatasync status=none
done
echo "received $#"
