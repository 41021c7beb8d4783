# shellcheck shell=bash
# Makes the active system the one that boots: confirm.sh SYSTEM TOKEN. From here on nothing goes back by itself.

new=$1
token=$2
work=/run/nixos-vps
flake=${NEXT:-/etc/nixos.next}
lock_machine

mkdir "$work/decided-$token" 2>/dev/null || {
  echo "confirmed no"
  exit 0
}
systemctl stop nixos-vps-rollback.timer 2>/dev/null || true
nix-env -p /nix/var/nix/profiles/system --set "$new"
"$new/bin/switch-to-configuration" boot >&2
rm -f "$work/rollback-$token" "$work/switch-$token" "$work/activated-$token"

mkdir -p /var/lib/nixos-vps
printf '%s\n' "$new" >/var/lib/nixos-vps/last-system
if [ -d "$flake" ]; then
  # Two renames, because an exchange in one is not to be had everywhere; a cut between them is mended by the next step.
  rm -rf /etc/nixos.former
  [ ! -e /etc/nixos ] || mv -T /etc/nixos /etc/nixos.former
  mv -T "$flake" /etc/nixos
  rm -rf /etc/nixos.former
fi
echo "confirmed yes"
echo "generation $(generation)"
