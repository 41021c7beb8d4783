# shellcheck shell=bash
# How far an activation has come, for an operator who lost the connection to it: activation.sh TOKEN. Touches nothing.

token=$1
work=$WORK
# Asked before the result is looked for: asked after it, an activation that ends in between would seem to have left none. activate.sh holds
# the lock from its first line to its last, so that one that has not come to its unit yet counts too.
busy=''
flock -n "$WORK.lock" true || busy=yes
if systemctl is-active --quiet nixos-vps-switch.service; then busy=yes; fi
if [ -e "$work/decided-$token" ]; then
  echo "code rolled-back"
elif [ -e "$work/activated-$token" ]; then
  echo "code $(cat "$work/activated-$token")"
elif [ -n "$busy" ]; then
  echo "code running"
else
  echo "code unknown"
fi
