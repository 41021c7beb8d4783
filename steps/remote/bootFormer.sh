# shellcheck shell=bash
# Takes back a boot that is not confirmed: the former system boots again, now.

lock_machine
unconfirmed=/var/lib/nixos-vps/unconfirmed
[ -s "$unconfirmed" ] || refuse "there is no former system to go back to"
old=$(head -n 1 "$unconfirmed")
nix-env -p /nix/var/nix/profiles/system --set "$old"
"$old/bin/switch-to-configuration" boot >&2
rm -f "$unconfirmed"
sync
systemctl reboot --no-block
echo "boots $old"
