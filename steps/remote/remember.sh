# shellcheck shell=bash
# Notes that the running system is the one that this project installed, made from the flake whose hash came with the installation:
# remember.sh SYSTEM. A later note, by a switch, stays.

is_nixos || refuse "this is not an installed NixOS"
lock_machine
if [ "$(last_system)" = "" ]; then
  remember "$1" "$(cat /var/lib/nixos-vps/installed-flake 2>/dev/null || echo unknown)"
fi
# It is a generation now, which holds it.
rm -f "$(prepared_note '')" "$(prepared_root '')"
echo "remembered $(last_system)"
