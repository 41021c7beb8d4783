# shellcheck shell=bash
# Checks one volume and mounts it below /mnt in the installer: mountForInstall.sh DEVICE MOUNT_POINT STORE_FOLDER [UUID]
# STORE_FOLDER: folder of the volume that becomes /nix; "." when the volume itself is /nix; empty when it carries no store.
# UUID: of the file system that a machine ran with before; then it must be that one, and hold something.
# Never makes a file system.

device=$1
mount_point=$2
store_folder=$3
expected=${4:-}
root=${ROOT:-/mnt}

lock_machine
is_installer || refuse "this is not the NixOS installer, so no volume is mounted for an installation"
mountpoint -q "$root" || refuse "nothing is mounted at $root: the root disk was not partitioned, or the installer was restarted since"
[ -e "$device" ] || refuse "the volume $device is not here"

if ! mountpoint -q "$root$mount_point"; then
  [ -z "$(mounts_of "$device")" ] || refuse "the volume $device is already mounted at $(mounts_of "$device" | tr '\n' ' ')"
  [ "$(blockdev --getro "$device" 2>/dev/null || true)" != 1 ] || refuse "the volume $device is read-only here, so nothing can be installed onto it. Detach and attach it in the Hetzner console; if it stays so, ask Hetzner"
  # -p looks at the device itself and at no cache. 2: nothing found.
  table=$(blkid -p -o value -s PTTYPE "$device") || table=
  [ -z "$table" ] || refuse "the volume $device has a partition table ($table), and volumes here are one ext4 without one, so it is not touched. If it is the wrong volume, attach the right one; if its data is needed, copy it onto a volume that Hetzner has formatted"
  type=$(blkid -p -o value -s TYPE "$device") || type=
  case $type in
  ext4) ;;
  '')
    refuse "the volume $device has no file system that could be recognised. Volumes are formatted by Hetzner when they are created, never here. If it is new and empty: delete it and let \`pulumi up\` make it again. If it should hold data: do not touch it, and look at it with blkid and file first"
    ;;
  crypto_LUKS) refuse "the volume $device holds $type, not ext4: it is encrypted, and the configuration does not say so, so it is not touched. Put \`encrypted: true\` and its passphrase back at the volume; or, if it is the wrong volume, attach the right one" ;;
  *) refuse "the volume $device holds $type, not ext4, so it is not touched. If it is the wrong volume, attach the right one; if its data is no longer needed, delete it and let \`pulumi up\` make a new one" ;;
  esac
  uuid=$(blkid -p -o value -s UUID "$device") || uuid=
  if [ -n "$expected" ] && [ "$uuid" != "$expected" ]; then
    refuse "the volume $device held the data of this machine on the file system $expected, and now has another one ($uuid): it was formatted, or its content exchanged. Put the data back from a backup together with its file system, or attach the right volume"
  fi
  checked=0
  e2fsck -p "$device" >&2 || checked=$?
  # 1: errors were repaired. All above ask for a person.
  [ "$checked" -le 1 ] || refuse "the file system of $device has errors that must not be repaired without a person (e2fsck -p: exit code $checked). Look at it from the installer with e2fsck -n $device, make a copy, then e2fsck $device"
  mkdir -p "$root$mount_point"
  mount -t ext4 -o noatime,nodev "$device" "$root$mount_point"
  if [ -n "$expected" ] && ! holds_something "$root$mount_point"; then
    umount "$root$mount_point"
    refuse "the volume $device held the data of this machine ($mount_point), and now is empty. Put the data back from a backup"
  fi
fi
[ "$(mounts_of "$device" | head -n 1)" = "$root$mount_point" ] || refuse "$root$mount_point carries another file system than $device"

if [ -n "$store_folder" ] && [ "$store_folder" != . ]; then
  source=$root$mount_point/$store_folder
  # A link, or a folder of a user's, would let that user exchange the store that root runs from.
  [ ! -L "$source" ] || refuse "$mount_point/$store_folder on the volume is a link. It must be a folder of root's"
  [ -d "$source" ] || install -d -m 0755 -o 0 -g 0 "$source" ||
    refuse "$mount_point/$store_folder could not be made on the volume: $(df -h --output=avail "$root$mount_point" | tail -n 1 | tr -d ' ') and $(df --output=iavail "$root$mount_point" | tail -n 1 | tr -d ' ') files are left. If it is full, raise its size in the configuration"
  [ "$(stat -c %u "$source")" = 0 ] || refuse "$mount_point/$store_folder on the volume belongs to user $(stat -c %u "$source") and not to root. See how that came about; then chown root: and chmod 0755 it"
  mkdir -p "$root/nix"
  mountpoint -q "$root/nix" || mount --bind "$source" "$root/nix"
fi
echo "mounted $root$mount_point"
