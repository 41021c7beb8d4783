# shellcheck shell=bash
# Makes a system the one that boots next, and notes what to go back to: bootNew.sh SYSTEM [GENERATION]
# With a generation, which is one of this system: no new one is made.

new=$1
number=${2:-}
lock_machine
old=$(readlink -f /nix/var/nix/profiles/system)
unconfirmed=/var/lib/nixos-vps/unconfirmed
# A boot that nobody confirmed yet: what it would go back to is what we go back to.
if [ -s "$unconfirmed" ]; then old=$(head -n 1 "$unconfirmed"); else note_before; fi
mkdir -p /var/lib/nixos-vps /nix/var/nix/gcroots
if [ "$old" != "$new" ]; then
  ln -sfn "$old" /nix/var/nix/gcroots/nixos-vps-previous
  # The way back, and from what. Read by a unit of the new system (vps-go-back), which goes back when nobody removes the file in time.
  printf '%s\n' "$old" "$new" >"$unconfirmed.part"
  mv -f "$unconfirmed.part" "$unconfirmed"
fi
if [ -n "$number" ]; then
  nix-env -p /nix/var/nix/profiles/system --switch-generation "$number"
else
  nix-env -p /nix/var/nix/profiles/system --set "$new"
fi
"$new/bin/switch-to-configuration" boot >&2
echo "boots $new"
