# shellcheck shell=sh
# Without root's rights on this computer a file cannot be a disk. Here /dev/sdX is the volume's file itself, so that blkid, e2fsck, tune2fs
# and dumpe2fs see the truth; what is "mounted" is a folder beside it. NAME.img and NAME.d lie in /.emulator/volumes.

# volume_of PATH: the name of the volume that a device node is, or nothing.
volume_of() {
  case $1 in
    UUID=*) _node=$(by_uuid "${1#UUID=}") ;;
    *) _node=$(readlink -f "$1") ;;
  esac
  case $_node in
    /dev/sd*) cat "/run/emulator/files/${_node#/dev/}" 2>/dev/null || : ;;
  esac
}

by_uuid() {
  for _candidate in /dev/sd*; do
    [ "$(/usr/sbin/blkid -p -o value -s UUID "$_candidate")" != "$1" ] || echo "$_candidate"
  done
}
