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
if [ -n "$token" ]; then
  mkdir "$work/decided-$token" 2>/dev/null || {
    echo "confirmed no"
    exit 0
  }
  systemctl stop nixos-vps-rollback.timer 2>/dev/null || true
fi
nix-env -p /nix/var/nix/profiles/system --switch-generation "$number" >&2
"$system/bin/switch-to-configuration" boot >&2
forget_one_boot
rm -f /var/lib/nixos-vps/unconfirmed
rm -f "$work/rollback-$token" "$work/switch-$token" "$work/activated-$token"

# Back at what was made last, there is nothing to remember.
if [ "$(last_system)" = "$system" ]; then forget_rollback; else note_rollback "$number" "$system"; fi
echo "confirmed yes"
echo "generation $(generation)"
