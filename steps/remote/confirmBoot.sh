# shellcheck shell=bash
# Confirms a system that was booted: confirmBoot.sh SYSTEM HASH_OF_ITS_FLAKE

new=$1
hash=$2
lock_machine
[ "$(readlink -f /run/current-system)" = "$new" ] || refuse "the machine booted $(readlink -f /run/current-system) instead of $new"
rm -f /var/lib/nixos-vps/unconfirmed
remember "$new" "$hash"
put_flake_in_place
echo "confirmed yes"
echo "generation $(generation)"
