# shellcheck shell=bash
# What scripts share that deal with encrypted volumes; it stands behind shared.sh in front of those that say they need it.
#
# An encrypted volume is LUKS2 on the whole device, and ext4 in it. Opened, the volume V is /dev/mapper/volume-V.

# Below it, a file named as the volume: the passphrase that the machine opens it with by itself at each boot.
KEYS=${KEYS:-/etc/secrets/volumes}

# Stands in the header, as its subsystem, until the file system is whole (initialiseVolume.sh).
UNFINISHED='nixos-vps initialising'

# What a device says of itself, looked up on it and in no cache: tag_of DEVICE TYPE. Empty where it says nothing.
tag_of() { blkid -p -o value -s "$2" "$1" 2>/dev/null || true; }

# A volume that is detached while it is looked at says nothing of itself any more, and would be taken for an empty or a strange one.
still_here() {
  [ -e "$1" ] || refuse "the volume $1 has gone from this server while it was looked at: it was detached, in the Hetzner console for example. Nothing was changed on it. See where it is attached now, then run the same command again"
}

# All that follows on stdin, byte by byte. It gets into no file and no argument.
read_passphrase() {
  passphrase=
  IFS= read -r -d '' passphrase || true
  [ -n "$passphrase" ] || refuse "no passphrase arrived: the transfer was cut"
}

# cryptsetup with the passphrase. Exit code 2: it is not the right one.
with_passphrase() { printf %s "$passphrase" | cryptsetup "$@" --key-file=- >&2; }

need_cryptsetup() {
  command -v cryptsetup >/dev/null && return 0
  ! is_installer || refuse "the installer has no cryptsetup: its root disk was partitioned without (nix/modules/storage/root.nix brings it). Recreate the machine, which partitions anew"
  refuse "cryptsetup is not on this machine: what it runs is older than its encrypted volume. Take the volume out of the configuration and run \`pulumi up\`, which brings it; then put the volume in again"
}

# Refuses what is no finished LUKS2: require_luks DEVICE VOLUME MACHINE. Touches nothing.
require_luks() {
  local device=$1 volume=$2 machine=$3 table type version subsystem
  [ -e "$device" ] || refuse "the volume $device is not here"
  table=$(tag_of "$device" PTTYPE)
  type=$(tag_of "$device" TYPE)
  version=$(tag_of "$device" VERSION)
  subsystem=$(tag_of "$device" SUBSYSTEM)
  still_here "$device"
  [ -z "$table" ] || refuse "the volume $volume ($device) has a partition table ($table), and encrypted volumes here are LUKS without one, so it is not touched. If it is the wrong volume, attach the right one"
  case $type in
  crypto_LUKS) ;;
  '')
    refuse "the volume $volume ($device) is to be encrypted, and nothing could be recognised on it. If it is new: \`npx vps volume initialise $machine $volume\` prepares it once, after it has seen that every byte of it is empty; then run \`pulumi up\` again. If it should hold data: do not touch it, and look at it with blkid and file first"
    ;;
  ext4)
    refuse "the volume $volume ($device) holds an ext4 without encryption, and the configuration says that it is encrypted. Nothing here encrypts what is there already: take \`encrypted\` and \`passphrase\` out to go on with it as it is. To have the data encrypted, add a second volume that is, and copy the files"
    ;;
  *) refuse "the volume $volume ($device) holds $type, not LUKS, so it is not touched. If it is the wrong volume, attach the right one" ;;
  esac
  [ "$version" = 2 ] || refuse "the volume $volume ($device) holds LUKS in its first version, and LUKS2 is expected. While nobody uses it: keep a copy of its header (cryptsetup luksHeaderBackup), then cryptsetup convert --type luks2 $device"
  [ "$subsystem" != "$UNFINISHED" ] || refuse "the initialisation of the volume $volume ($device) was cut off, and no data is on it yet. Run \`npx vps volume initialise $machine $volume\` again, which ends it, then \`pulumi up\`"
}

# Opens it as /dev/mapper/NAME: unlock DEVICE NAME VOLUME
unlock() {
  local code=0
  with_passphrase open --type luks2 "$1" "$2" || code=$?
  case $code in
  0) ;;
  2) refuse "$(wrong_passphrase "$1" "$3")" ;;
  *)
    # A volume that comes to a running NixOS is opened by systemd too, maybe at this very moment.
    opened_from "$1" "$2" || refuse "the volume $3 ($1) could not be opened (cryptsetup: exit code $code, its words stand above)"
    ;;
  esac
}

wrong_passphrase() {
  echo "the passphrase in the configuration does not open the volume $2 ($1): it was initialised with another one. Nothing on it was changed. Put the former passphrase into the configuration again; to have a new one, add it to the volume first, as root on the machine: cryptsetup luksAddKey --pbkdf-memory 65536 --key-file $KEYS/$2 $1 (docs/volumes.md, \"Encryption\")"
}

# Whether what is open as NAME lies on DEVICE: opened_from DEVICE NAME
opened_from() {
  local beneath
  beneath=$(cryptsetup status "$2" | awk '$1 == "device:" { print $2 }')
  [ -n "$beneath" ] && [ "$(readlink -f "$beneath")" = "$(readlink -f "$1")" ]
}

# Closes NAME, which nobody has mounted any more. Where systemd has opened it, systemd closes it, or would believe it to be open.
close_mapped() {
  local unit _
  unit=$(systemd-escape "$1" 2>/dev/null) || unit=
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -e "/dev/mapper/$1" ] || return 0
    [ -z "$unit" ] || systemctl stop "systemd-cryptsetup@$unit.service" 2>/dev/null || true
    [ ! -e "/dev/mapper/$1" ] || cryptsetup close "$1" 2>/dev/null || true
    [ -e "/dev/mapper/$1" ] || return 0
    sleep 0.3
  done
  return 1
}
