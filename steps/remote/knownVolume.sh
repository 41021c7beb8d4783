# shellcheck shell=bash
# Whether a volume still has the file system that a machine ran with before: knownVolume.sh DEVICE UUID. Touches nothing.

device=$1
expected=$2
[ -e "$device" ] || refuse "the volume $device is not here"
uuid=$(blkid -p -o value -s UUID "$device") || uuid=
[ "$uuid" = "$expected" ] || refuse "the volume $device held the data of this machine on the file system $expected, and now has another one (${uuid:-none}): it was formatted, or its content exchanged. Put the data back from a backup together with its file system, or attach the right volume"
echo "known yes"
