# shellcheck shell=bash
# The one script that makes anything on a volume: LUKS2 with an ext4 in it, on a device that is proved to be empty.
# initialiseVolume.sh look DEVICE VOLUME            says what is there: "found nothing", "found unfinished" or "found done"; touches nothing
# initialiseVolume.sh make DEVICE VOLUME            with the passphrase on stdin; prints "made yes"
# Empty means: no signature that blkid or wipefs know, and every byte of the device is zero. That is read right before the first byte is
# written, by the one who writes, while nobody has the device mounted or open. What an earlier run of this has begun carries a mark in its
# header and is gone on with, as long as no file system in it has ever been mounted.
# Needs luks.sh.

part=$1
device=$2
volume=$3
name=initialise-$volume
# Where the data of the LUKS begins, in bytes: what cryptsetup takes by itself, said so that it stays.
PAYLOAD=16777216

# For what goes wrong once something was made: there is no data on it, but "nothing was changed" would be a lie.
broken() {
  say "the volume $volume ($device) $*. There is no data on it. Run the same command again, which goes on from here"
  exit 1
}

size_of() { blockdev --getsize64 "$1" 2>/dev/null || stat -L -c %s "$1"; }

require_unused() {
  local node
  node=$(readlink -f "$device")
  node=${node##*/}
  [ -z "$(mounts_of "$device")" ] || refuse "the volume $volume ($device) is mounted at $(mounts_of "$device" | tr '\n' ' '): it is in use, and nothing is made on it"
  [ -z "$(ls "/sys/class/block/$node/holders" 2>/dev/null)" ] || refuse "the volume $volume ($device) is open: $(ls "/sys/class/block/$node/holders") lies on it, and nothing is made on it"
  ! grep -q "^/dev/${node}[[:space:]]" /proc/swaps 2>/dev/null || refuse "the volume $volume ($device) is in use as swap"
  [ ! -e "/dev/mapper/volume-$volume" ] || refuse "/dev/mapper/volume-$volume is there: the volume is open, so it was initialised already"
  [ "$(blockdev --getro "$device" 2>/dev/null || true)" != 1 ] || refuse "the volume $volume ($device) is read-only here, so nothing can be made on it"
}

# What is there, in a word; refuses what somebody may need.
look() {
  local table type
  table=$(tag_of "$device" PTTYPE)
  [ -z "$table" ] || refuse "the volume $volume ($device) has a partition table ($table), so it is not empty, and nothing is made on it"
  type=$(tag_of "$device" TYPE)
  case $type in
  '')
    # wipefs knows of signatures that stand one behind the other, where blkid will not choose.
    [ -z "$(wipefs --noheadings "$device" 2>/dev/null)" ] || refuse "the volume $volume ($device) is not empty: $(wipefs --noheadings "$device" | tr -s ' \n' ' '), and nothing is made on it"
    echo nothing
    ;;
  crypto_LUKS) if [ "$(tag_of "$device" SUBSYSTEM)" = "$UNFINISHED" ]; then echo unfinished; else echo "done"; fi ;;
  *) refuse "the volume $volume ($device) holds $type, so it is not empty, and nothing is made on it. If it should be empty: look at it first; what is no longer needed is deleted with its volume (vps volume delete), and \`pulumi up\` makes a new one" ;;
  esac
}

# Whether every byte from the offset $1 on is zero. Says how far it is: it takes as long as the device takes to be read.
require_zeros() {
  local at=$1 size piece differs
  size=$(size_of "$device")
  [ "$size" -gt $((PAYLOAD * 2)) ] || refuse "the volume $volume ($device) has $size bytes, which are too few for LUKS"
  while [ "$at" -lt "$size" ]; do
    piece=$((size - at < 17179869184 ? size - at : 17179869184))
    if ! differs=$(cmp -n "$piece" -i "$at:0" "$device" /dev/zero 2>&1); then
      still_here "$device"
      refuse "the volume $volume ($device) is not empty, although nothing could be recognised on it ($differs; counted from byte $at on). Nothing is made on it. If nobody needs what it holds, delete it (vps volume delete) and let \`pulumi up\` make a new one"
    fi
    at=$((at + piece))
    say "read $((at / 1073741824)) of $((size / 1073741824)) GiB: every byte is zero"
  done
}

# What argon2id costs is said and not measured, or it would depend on how busy this server is just now, and a smaller one could lack the
# memory to open it (RFC 9106, its second choice).
make_luks() {
  with_passphrase luksFormat --batch-mode --type luks2 --subsystem "$UNFINISHED" --offset $((PAYLOAD / 512)) \
    --pbkdf argon2id --pbkdf-memory 65536 --pbkdf-force-iterations 4 --pbkdf-parallel 4 "$device"
}

# A header gets its place for a passphrase only after it was written itself.
has_keyslots() { cryptsetup luksDump "$device" | sed -n '/^Keyslots:/,/^Tokens:/p' | grep -q '^ *[0-9]*: luks2'; }

open_it() {
  code=0
  with_passphrase open --type luks2 "$device" "$name" || code=$?
  [ "$code" -eq 0 ]
}

make_file_system() {
  mkfs.ext4 -q "/dev/mapper/$name" </dev/null >&2
  sync "/dev/mapper/$name"
}

# An unfinished one that is open: an ext4 in it that was mounted once may hold something, whatever the header says.
end_file_system() {
  local type mounted
  type=$(tag_of "/dev/mapper/$name" TYPE)
  case $type in
  '') make_file_system ;;
  ext4)
    mounted=$(tune2fs -l "/dev/mapper/$name" | sed -n 's/^Last mount time: *//p')
    if [ "$mounted" != n/a ]; then
      close_mapped "$name" || true
      refuse "the volume $volume ($device) carries the mark of an initialisation that was cut off, but its file system has been mounted ($mounted), so it may hold data and nothing is made on it. If all is as it should be, take the mark away: cryptsetup config --subsystem '' $device"
    fi
    e2fsck -fn "/dev/mapper/$name" >/dev/null 2>&1 || make_file_system
    ;;
  *)
    close_mapped "$name" || true
    refuse "the volume $volume ($device) carries the mark of an initialisation that was cut off, but holds $type, so nothing is made on it"
    ;;
  esac
}

lock_machine
[ -e "$device" ] || refuse "the volume $device is not here"
is_installer || is_nixos || refuse "this is neither the NixOS installer nor an installed NixOS, so nothing is made on a volume"
# Left open by a run that was killed, unless somebody uses it.
if [ -e "/dev/mapper/$name" ]; then
  [ -z "$(mounts_of "/dev/mapper/$name")" ] || refuse "/dev/mapper/$name is mounted at $(mounts_of "/dev/mapper/$name" | tr '\n' ' '), and nothing is made on it"
  close_mapped "$name" || refuse "/dev/mapper/$name, left by an earlier run, could not be closed. Restart the server"
fi
require_unused
found=$(look)
still_here "$device"
if [ "$part" = look ]; then
  echo "found $found"
  exit 0
fi

read_passphrase
need_cryptsetup
case $found in
"done") refuse "the volume $volume ($device) holds LUKS already, so nothing is made on it. If it is this machine's, run \`pulumi up\`; if not, attach the right volume" ;;
nothing)
  require_zeros 0
  require_unused
  [ "$(look)" = nothing ] || refuse "the volume $volume ($device) is no longer empty, and nothing was made on it"
  still_here "$device"
  make_luks
  open_it || broken "has a LUKS now that could not be opened (cryptsetup: exit code $code, its words stand above)"
  make_file_system
  ;;
unfinished)
  code=0
  with_passphrase open --test-passphrase --type luks2 "$device" || code=$?
  if [ "$code" -eq 0 ]; then
    open_it || broken "has an unfinished LUKS that could not be opened (cryptsetup: exit code $code, its words stand above)"
    end_file_system
  elif [ "$code" -eq 2 ] || ! has_keyslots; then
    # Cut off before it had a passphrase, or begun with another one: as long as nothing follows the header, it may be begun anew.
    require_zeros "$PAYLOAD"
    require_unused
    still_here "$device"
    make_luks
    open_it || broken "has a LUKS now that could not be opened (cryptsetup: exit code $code, its words stand above)"
    make_file_system
  else
    broken "has an unfinished LUKS that could not be opened (cryptsetup: exit code $code, its words stand above)"
  fi
  ;;
esac
[ "$(tag_of "/dev/mapper/$name" TYPE)" = ext4 ] || broken "has a LUKS now, but the file system that was made in it cannot be seen"
close_mapped "$name" || broken "is whole but could not be closed: /dev/mapper/$name is busy"
cryptsetup config --subsystem '' "$device" >&2
[ "$(tag_of "$device" SUBSYSTEM)" = '' ] || broken "is whole, but the mark of the initialisation could not be taken out of its header"
sync "$device"
echo "made yes"
