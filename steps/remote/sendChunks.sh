# shellcheck shell=bash
# Writes pieces of a volume, compressed, to stdout: sendChunks.sh DEVICE CHUNK_MIB NUMBER... Touches nothing.
set -o pipefail

device=$1
mebibytes=$2
shift 2

[ -e "$device" ] || refuse "the volume $device is not here"
[ -z "$(mounts_of "$device")" ] || refuse "the volume $device is mounted at $(mounts_of "$device" | tr '\n' ' ')"
for number in "$@"; do
  dd if="$device" bs=1M skip="$((number * mebibytes))" count="$mebibytes" status=none
done | gzip -1
