# shellcheck shell=bash
# Whether a volume may become a copy of another one: beginCopy.sh DEVICE SOURCE PIECE_MIB [DIGEST]
# SOURCE: id of the other. DIGEST: SHA-256 of its first piece, where the volume has the same one: then it is a copy of it that was whole
# before, or was begun without a mark, and was never mounted since.
# Prints "copy blank" (every byte was read and is zero; it has the mark now), "copy marked" (it has the mark), or "copy other": then nothing
# was written, and it is not to be.
# Needs copyMark.sh.

device=$1
source=$2
mebibytes=$3
digest=${4:-}

lock_machine
is_target "$device"
if copy_marked "$device" "$source"; then
  echo "copy marked"
elif [ -n "$digest" ] && [ "$(dd if="$device" bs=1M count="$mebibytes" status=none | sha256sum | cut -d ' ' -f 1)" = "$digest" ]; then
  mark_copy "$device" "$source"
  echo "copy marked"
elif [ -z "$digest" ] && cmp -s -n "$(blockdev --getsize64 "$device")" "$device" /dev/zero; then
  mark_copy "$device" "$source"
  echo "copy blank"
else
  echo "copy other"
fi
