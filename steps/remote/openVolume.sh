# shellcheck shell=bash
# Opens an encrypted volume in the installer, or on a running NixOS to which it came late: openVolume.sh DEVICE VOLUME MACHINE, with the
# passphrase on stdin, every byte of it. Then its ext4 is at /dev/mapper/volume-VOLUME. Never makes a header or a file system.
# Needs luks.sh.

device=$1
volume=$2
machine=$3
name=volume-$volume

read_passphrase
lock_machine
is_installer || is_nixos || refuse "this is neither the NixOS installer nor an installed NixOS, so no volume is opened"
require_luks "$device" "$volume" "$machine"
need_cryptsetup
if [ -e "/dev/mapper/$name" ]; then
  opened_from "$device" "$name" || refuse "/dev/mapper/$name is there already and lies on another device than $device. Close it (cryptsetup close $name) once nobody uses it"
else
  [ -z "$(mounts_of "$device")" ] || refuse "the volume $device is mounted at $(mounts_of "$device" | tr '\n' ' ')"
  unlock "$device" "$name" "$volume"
fi

type=$(tag_of "/dev/mapper/$name" TYPE)
if [ "$type" != ext4 ]; then
  [ -n "$(mounts_of "/dev/mapper/$name")" ] || close_mapped "$name" || true
  refuse "the volume $volume ($device) is encrypted as it should be, but in its LUKS is ${type:-nothing that could be recognised} and not ext4, so it is not touched. If it is the wrong volume, attach the right one. If you made it by hand and it is empty: make an ext4 in it by hand"
fi
echo "opened /dev/mapper/$name"
