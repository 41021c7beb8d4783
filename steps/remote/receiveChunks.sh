# shellcheck shell=bash
# Puts pieces of another volume, as sendChunks.sh wrote them, onto this one: receiveChunks.sh DEVICE SOURCE PIECE_MIB NUMBER... <PIECES
# It overwrites the device, so that must have the mark of a copy of SOURCE in the making (beginCopy.sh). Cut off, some pieces are not there or
# half there, which the next look at the digests shows. The first piece takes the mark away, so it comes last, alone, and whole.
# nocreat: where the volume has gone meanwhile, its name is no place for a file.
# Needs copyMark.sh.
set -o pipefail

device=$1
source=$2
mebibytes=$3
shift 3

lock_machine
is_target "$device"
copy_marked "$device" "$source" || refuse "the volume $device is no copy of the volume $source in the making, so nothing is written to it"
size=$(blockdev --getsize64 "$device")
for number in "$@"; do
  [ "$size" -ge $(((number + 1) * mebibytes * 1048576)) ] || refuse "the volume $device has only $size bytes, too few for piece $number"
  [ "$number" != 0 ] || [ "$#" = 1 ] || refuse "the first piece comes alone, when all others are there"
done

if [ "$*" = 0 ]; then
  whole=$WORK/first-piece
  mkdir -p "$WORK"
  trap 'rm -f "$whole"' EXIT
  gunzip >"$whole"
  [ "$(stat -c %s "$whole")" = $((mebibytes * 1048576)) ] || refuse "what arrived is not the whole first piece"
  dd if="$whole" of="$device" bs="$COPY_BLOCK" skip=1 seek=1 conv=notrunc,nocreat,fdatasync status=none
  dd if="$whole" of="$device" bs="$COPY_BLOCK" count=1 conv=notrunc,nocreat,fdatasync status=none
else
  gunzip | for number in "$@"; do
    dd of="$device" bs=1M seek="$((number * mebibytes))" count="$mebibytes" iflag=fullblock conv=notrunc,nocreat,fdatasync status=none
  done
fi
echo "received $#"
