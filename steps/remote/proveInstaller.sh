# shellcheck shell=bash
# The last look before the root disk ($1) is partitioned: this must be the installer, the disk must be there and be no volume, and no volume
# ($2...) may be mounted, because partitioning unmounts everything below /mnt.

root_disk=$1
shift
lock_machine
is_installer || refuse "this is not the NixOS installer (VARIANT_ID in /etc/os-release), so its disk is not touched"
[ -e "$root_disk" ] || refuse "the root disk $root_disk is not here"
for volume in "$@"; do
  [ -e "$volume" ] || continue
  [ "$(readlink -f "$volume")" != "$(readlink -f "$root_disk")" ] || refuse "the root disk $root_disk is the volume $volume"
  [ -z "$(mounts_of "$volume")" ] || refuse "the volume $volume is mounted at $(mounts_of "$volume" | tr '\n' ' ')"
done
echo "proved yes"
