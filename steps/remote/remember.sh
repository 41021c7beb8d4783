# shellcheck shell=bash
# Notes that the running system is the one that this project installed, made from the flake whose hash came with the installation:
# remember.sh SYSTEM [confirmed]. A later note, by a switch, stays.
# confirmed: it is the system that is asked for, and well. Otherwise a switch follows, which confirms what it brings.

is_nixos || refuse "this is not an installed NixOS"
lock_machine
if [ "$(last_system)" = "" ]; then
  remember "$1" "$(cat /var/lib/nixos-vps/installed-flake 2>/dev/null || echo unknown)"
fi
# It is a generation now, which holds it.
rm -f "$(prepared_note '')" "$(prepared_root '')"
if [ "${2:-}" = confirmed ]; then let_former_generations_go; fi
echo "remembered $(last_system)"
