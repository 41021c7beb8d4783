# shellcheck shell=bash
# What stands on a volume as long as it becomes a copy of another: in its first block, which is put in its place last of all. Whoever has this
# mark, or is blank, may be written to; nothing else ever is.

COPY_BLOCK=4096
copy_mark() { echo "nixos-vps: becoming a copy of volume $1"; }
copy_marked() { [ "$(head -c "$COPY_BLOCK" "$1" | tr -d '\0')" = "$(copy_mark "$2")" ]; }
mark_copy() {
  { copy_mark "$2"; head -c "$COPY_BLOCK" /dev/zero; } |
    dd of="$1" bs="$COPY_BLOCK" count=1 iflag=fullblock conv=notrunc,nocreat,fdatasync status=none
}

# A volume that nothing on this machine uses.
is_target() {
  [ -e "$1" ] || refuse "the volume $1 is not here"
  [ -z "$(mounts_of "$1")" ] || refuse "the volume $1 is mounted at $(mounts_of "$1" | tr '\n' ' '), so it is no copy in the making"
}
