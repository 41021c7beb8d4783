# shellcheck shell=bash
# Takes back a boot that is not confirmed: the former system boots again, now. It may run already, because the new one did not come up.

lock_machine
unconfirmed=/var/lib/nixos-vps/unconfirmed
[ -s "$unconfirmed" ] || refuse "there is no former system to go back to"
old=$(head -n 1 "$unconfirmed")
nix-env -p /nix/var/nix/profiles/system --set "$old"
"$old/bin/switch-to-configuration" boot >&2
forget_one_boot
rm -f "$unconfirmed"
sync
if [ "$(readlink -f /run/booted-system)" = "$old" ] && [ "$(readlink -f /run/current-system)" = "$old" ]; then
  echo "runs $old"
else
  systemctl reboot --no-block
  echo "boots $old"
fi
