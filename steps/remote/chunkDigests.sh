# shellcheck shell=bash
# What stands on a volume, piece by piece: chunkDigests.sh DEVICE CHUNK_MIB NUMBER... Prints "chunk NUMBER SHA256" or "chunk NUMBER zero".
# Touches nothing. The volume must not be mounted, or it would be another one in a moment.
set -o pipefail

device=$1
mebibytes=$2
shift 2
bytes=$((mebibytes * 1048576))

[ -e "$device" ] || refuse "the volume $device is not here"
[ -z "$(mounts_of "$device")" ] || refuse "the volume $device is mounted at $(mounts_of "$device" | tr '\n' ' ')"
size=$(blockdev --getsize64 "$device")
for number in "$@"; do
  [ "$size" -ge $(((number + 1) * bytes)) ] || refuse "the volume $device has only $size bytes, too few for piece $number"
  # Much of a volume was never written, and comparing is faster than hashing.
  if cmp -s -n "$bytes" -i "$((number * bytes)):0" "$device" /dev/zero; then
    echo "chunk $number zero"
  else
    digest=$(dd if="$device" bs=1M skip="$((number * mebibytes))" count="$mebibytes" status=none | sha256sum)
    echo "chunk $number ${digest%% *}"
  fi
done
