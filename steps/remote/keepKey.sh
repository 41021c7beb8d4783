# shellcheck shell=bash
# Lets a running NixOS have the passphrase of an encrypted volume, for its next boots: keepKey.sh DEVICE VOLUME MACHINE, with the passphrase
# on stdin. One that does not open the volume is never kept: the machine would not find its data at the next boot.
# Needs luks.sh.

device=$1
volume=$2
machine=$3
file=$KEYS/$volume

read_passphrase
lock_machine
is_nixos || refuse "this is not an installed NixOS"
require_luks "$device" "$volume" "$machine"
if [ -f "$file" ] && printf %s "$passphrase" | cmp -s - "$file"; then
  echo "key there"
  exit 0
fi
need_cryptsetup
code=0
with_passphrase open --test-passphrase --type luks2 "$device" || code=$?
case $code in
0) ;;
2) refuse "$(wrong_passphrase "$device" "$volume")" ;;
*) refuse "whether the passphrase opens the volume $volume ($device) could not be tried (cryptsetup: exit code $code, its words stand above)" ;;
esac
umask 077
mkdir -p "$KEYS"
chmod 0700 "$KEYS"
printf %s "$passphrase" >"$file.part"
sync "$file.part"
mv -f "$file.part" "$file"
sync -f "$KEYS"
echo "key kept"
