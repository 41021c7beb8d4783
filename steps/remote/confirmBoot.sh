# shellcheck shell=bash
# Confirms a system that was booted: confirmBoot.sh SYSTEM HASH_OF_ITS_FLAKE

new=$1
hash=$2
lock_machine
[ "$(readlink -f /run/current-system)" = "$new" ] || refuse "the machine booted $(readlink -f /run/current-system) instead of $new"
boots=$(readlink -f /nix/var/nix/profiles/system)
[ "$boots" = "$new" ] || refuse "the machine was about to go back: it boots $boots next time, and not $new"
# It may have been booted once only, with the former system as the default.
if [ -e /var/lib/nixos-vps/unconfirmed ]; then
  "$new/bin/switch-to-configuration" boot >&2
  forget_one_boot
fi
rm -f /var/lib/nixos-vps/unconfirmed
# As after a switch without a restart (confirm.sh).
rm -f /var/lib/nixos-vps/volumes-unchecked
forget_rollback
remember "$new" "$hash"
put_flake_in_place
let_former_generations_go
echo "confirmed yes"
echo "generation $(generation)"
tell_file_systems
