# shellcheck shell=bash
# Confirms a system that was booted: confirmBoot.sh SYSTEM

new=$1
flake=${NEXT:-/etc/nixos.next}
lock_machine
[ "$(readlink -f /run/current-system)" = "$new" ] || refuse "the machine booted $(readlink -f /run/current-system) instead of $new"
mkdir -p /var/lib/nixos-vps
rm -f /var/lib/nixos-vps/unconfirmed
printf '%s\n' "$new" >/var/lib/nixos-vps/last-system
if [ -d "$flake" ]; then
  rm -rf /etc/nixos.former
  [ ! -e /etc/nixos ] || mv -T /etc/nixos /etc/nixos.former
  mv -T "$flake" /etc/nixos
  rm -rf /etc/nixos.former
fi
echo "confirmed yes"
echo "generation $(generation)"
