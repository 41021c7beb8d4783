# shellcheck shell=bash
# Makes the active system the one that boots: confirm.sh SYSTEM TOKEN HASH_OF_ITS_FLAKE. From here on nothing goes back by itself.

new=$1
token=$2
hash=$3
work=$WORK
lock_machine

old=$(readlink -f /nix/var/nix/profiles/system)
mkdir "$work/decided-$token" 2>/dev/null || {
  echo "confirmed no"
  exit 0
}
# A system that cannot be made the one that boots (a full disk, say) is not confirmed, and its way back must still be open.
undecided() {
  nix-env -p /nix/var/nix/profiles/system --set "$old" || true
  rmdir "$work/decided-$token"
  systemctl stop nixos-vps-rollback.timer 2>/dev/null || true
  /bin/sh "$work/rollback-$token" >&2 || true
  echo "confirmed no"
  echo "why it cannot be made the system that boots"
  exit 0
}
nix-env -p /nix/var/nix/profiles/system --set "$new" || undecided
"$new/bin/switch-to-configuration" boot >&2 || undecided
forget_one_boot || undecided
systemctl stop nixos-vps-rollback.timer 2>/dev/null || true
# A boot may wait for its confirmation still, when its operator was killed: this is one, and nothing is to go back.
rm -f /var/lib/nixos-vps/unconfirmed
forget_rollback
rm -f "$work/rollback-$token" "$work/switch-$token" "$work/activated-$token"

remember "$new" "$hash"
put_flake_in_place
let_former_generations_go
echo "confirmed yes"
echo "generation $(generation)"
