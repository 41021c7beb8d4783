# shellcheck shell=bash
# Goes back now, without waiting for the timer: goBack.sh TOKEN. Harmless when the machine has gone back by itself, or was confirmed.

token=$1
work=$WORK
lock_machine
if [ -x "$work/rollback-$token" ] && [ ! -e "$work/decided-$token" ]; then go_back_now "$token"; fi
echo "system $(readlink -f /run/current-system)"
echo "boots $(readlink -f /nix/var/nix/profiles/system)"
if systemctl is-active --quiet nixos-vps-rollback.timer; then echo "armed yes"; fi
