# shellcheck shell=bash
# Makes an earlier generation, which is active, the one that boots, and leaves a note of it for the next switch:
# confirmRollback.sh SYSTEM GENERATION [TOKEN]. Without a token it was booted and not activated.

system=$1
number=$2
token=${3:-}
work=$WORK
lock_machine

[ "$(readlink -f /run/current-system)" = "$system" ] || {
  echo "confirmed no"
  exit 0
}
former=$(readlink -f /nix/var/nix/profiles/system)
former_number=$(generation)
former_note=$(rolled_back)
if [ -n "$token" ]; then
  mkdir "$work/decided-$token" 2>/dev/null || {
    echo "confirmed no"
    exit 0
  }
fi
# A generation that cannot be made the one that boots (a full disk, say) is not confirmed. What was booted goes back by the note that the
# restart left (bootNew.sh).
undecided() {
  if [ -n "$token" ]; then
    boots_again "$former" "$former_number" "$system"
    if [ -n "$former_note" ]; then printf '%s\n' "$former_note" >/var/lib/nixos-vps/rolled-back || true; else forget_rollback || true; fi
    rmdir "$work/decided-$token"
    go_back_now "$token"
  fi
  echo "confirmed no"
  echo "why it cannot be made the system that boots"
  exit 0
}
to_its_end nix-env -p /nix/var/nix/profiles/system --switch-generation "$number" || undecided
to_its_end "$system/bin/switch-to-configuration" boot || undecided
forget_one_boot || undecided
# Back at what was made last, there is nothing to remember.
if [ "$(last_system)" = "$system" ]; then forget_rollback; else note_rollback "$number" "$system" || undecided; fi
rm -f /var/lib/nixos-vps/unconfirmed || undecided
systemctl stop nixos-vps-rollback.timer 2>/dev/null || true
rm -f "$work/rollback-$token" "$work/switch-$token" "$work/activated-$token"
echo "confirmed yes"
echo "generation $(generation)"
