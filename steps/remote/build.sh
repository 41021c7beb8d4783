# shellcheck shell=bash
# Builds the system of /etc/nixos.next and says what changing to it would take: build.sh MACHINE

machine=$1
work=$WORK
lock_machine
mkdir -p "$work"
cd "$work"
# The link also keeps the result from being collected before it is a generation.
nixos-rebuild build --flake "$NEXT#$machine" >&2
new=$(readlink -f "$work/result")
[ -e "$new/nixos-version" ] || refuse "the build ended without a NixOS system: $new"

active=$(readlink -f /run/current-system)
booted=$(readlink -f /run/booted-system)
echo "new $new"

# A running kernel cannot be exchanged, and a file system that is in use cannot be put elsewhere: such changes need a boot.
restart_for "$new" "$booted" | while read -r part; do echo "boot $part"; done

# Device and type of what is mounted where.
mounts_in() { [ ! -r "$1/etc/fstab" ] || awk '$1 !~ /^#/ && NF >= 3 { print $2, $1, $3 }' "$1/etc/fstab"; }
mounts_in "$active" | while read -r target device type; do
  now=$(mounts_in "$new" | awk -v target="$target" '$1 == target { print $2, $3 }')
  # A mount that goes altogether is ended by the switch itself.
  if [ -n "$now" ] && [ "$now" != "$device $type" ]; then echo "moved $target from $device to $now"; fi
done

# Where a system has its store: a device and a folder of it, looked up through the mount that /nix is bound from.
store_of() {
  mounts_in "$1" | awk '
    { device[$1] = $2 }
    END {
      source = device["/nix"]
      if (source == "") { print "the root disk"; exit }
      for (target in device)
        if ((source == target || index(source, target "/") == 1) && length(target) > length(best)) best = target
      print best == "" ? source : device[best] substr(source, length(best) + 1)
    }'
}
if [ "$(store_of "$active")" != "$(store_of "$new")" ]; then echo "store from $(store_of "$active") to $(store_of "$new")"; fi
