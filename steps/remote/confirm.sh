# shellcheck shell=bash
# Makes the active system the one that boots: confirm.sh SYSTEM TOKEN HASH_OF_ITS_FLAKE. From here on nothing goes back by itself.

new=$1
token=$2
hash=$3
work=$WORK
lock_machine

old=$(readlink -f /nix/var/nix/profiles/system)
old_number=$(generation)
mkdir "$work/decided-$token" 2>/dev/null || {
  echo "confirmed no"
  exit 0
}
# A system that cannot be made the one that boots (a full disk, say) is not confirmed: profile and boot menu are the former one's again, and
# its way back is taken.
undecided() {
  boots_again "$old" "$old_number" "$new"
  rmdir "$work/decided-$token"
  go_back_now "$token"
  echo "confirmed no"
  echo "why it cannot be made the system that boots"
  exit 0
}
to_its_end nix-env -p /nix/var/nix/profiles/system --set "$new" || undecided
to_its_end "$new/bin/switch-to-configuration" boot || undecided
forget_one_boot || undecided
systemctl stop nixos-vps-rollback.timer 2>/dev/null || true
# A boot may wait for its confirmation still, when its operator was killed: this is one, and nothing is to go back.
rm -f /var/lib/nixos-vps/unconfirmed
# A switch follows a take-over, which has looked at all volumes that there were, and brings only what the machine has a lease on.
rm -f /var/lib/nixos-vps/volumes-unchecked
forget_rollback
rm -f "$work/rollback-$token" "$work/switch-$token" "$work/activated-$token"

remember "$new" "$hash"
put_flake_in_place
let_former_generations_go
echo "confirmed yes"
echo "generation $(generation)"
tell_file_systems
