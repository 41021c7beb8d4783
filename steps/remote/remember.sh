# shellcheck shell=bash
# Notes on the machine which system this project made last, so that a later step notices one that somebody else made.

is_nixos || refuse "this is not an installed NixOS"
lock_machine
mkdir -p /var/lib/nixos-vps
printf '%s\n' "$1" >/var/lib/nixos-vps/last-system.new
mv -f /var/lib/nixos-vps/last-system.new /var/lib/nixos-vps/last-system
echo "remembered $1"
