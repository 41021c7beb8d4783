# shellcheck shell=bash
# Makes the active system the one that boots: confirm.sh SYSTEM TOKEN HASH_OF_ITS_FLAKE. From here on nothing goes back by itself.

new=$1
token=$2
hash=$3
work=$WORK
lock_machine

mkdir "$work/decided-$token" 2>/dev/null || {
  echo "confirmed no"
  exit 0
}
systemctl stop nixos-vps-rollback.timer 2>/dev/null || true
nix-env -p /nix/var/nix/profiles/system --set "$new"
"$new/bin/switch-to-configuration" boot >&2
# A boot may wait for its confirmation still, when its operator was killed: this is one, and nothing is to go back.
rm -f /var/lib/nixos-vps/unconfirmed
rm -f "$work/rollback-$token" "$work/switch-$token" "$work/activated-$token"

remember "$new" "$hash"
put_flake_in_place
echo "confirmed yes"
echo "generation $(generation)"
