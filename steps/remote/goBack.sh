# shellcheck shell=bash
# Goes back now, without waiting for the timer: goBack.sh TOKEN. Harmless when the machine has gone back by itself.

token=$1
work=$WORK
lock_machine
if [ -x "$work/rollback-$token" ] && [ ! -e "$work/decided-$token" ]; then
  systemctl stop nixos-vps-rollback.timer 2>/dev/null || true
  /bin/sh "$work/rollback-$token" >&2
fi
echo "system $(readlink -f /run/current-system)"
