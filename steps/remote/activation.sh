# shellcheck shell=bash
# How far an activation has come, for an operator who lost the connection to it: activation.sh TOKEN. Touches nothing.

token=$1
work=/run/nixos-vps
if [ -e "$work/decided-$token" ]; then
  echo "code rolled-back"
elif [ -e "$work/activated-$token" ]; then
  echo "code $(cat "$work/activated-$token")"
elif systemctl is-active --quiet nixos-vps-switch.service; then
  echo "code running"
else
  echo "code unknown"
fi
