# shellcheck shell=bash
# Builds the system of the machine's next server into this one's store, which is on a volume that will move there:
# prepareStore.sh DEVICE MACHINE HASH_OF_ITS_FLAKE, with the flake as a tar.gz on stdin.
# Nothing that runs, boots or lies in /etc/nixos changes. What was built is held by a link of its own until it has been taken over.

device=$1
machine=$2
hash=$3
work=$WORK/prepare

lock_machine
is_nixos || refuse "this is not an installed NixOS"
if ! mounts_of "$device" | grep -qxF /nix; then
  cat >/dev/null
  exit 0
fi
if [ "$(prepared_hash '')" = "$hash" ]; then
  system=$(prepared_system '')
  if nix-store --check-validity "$system" 2>/dev/null; then
    cat >/dev/null
    echo "prepared $system"
    exit 0
  fi
fi

trap 'rm -rf "$work"' EXIT
rm -rf "$work"
mkdir -p "$work/flake"
chmod 0755 "$work" "$work/flake"
tar -xzf - -C "$work/flake" --no-same-owner
[ -f "$work/flake/flake.nix" ] || refuse "what arrived has no flake.nix: the transfer was cut, nothing was changed"

cd "$work"
if ! nixos-rebuild build --flake "$work/flake#$machine" >&2; then
  free=$(df -Pm /nix | awk 'NR == 2 { print $4 }')
  [ "$free" -ge 64 ] || refuse "the new system does not fit onto the volume: $free MB are free. Collect garbage on the machine (nix-collect-garbage -d), or make the volume larger"
  refuse "the new system could not be built on $(hostname), which still serves"
fi
system=$(readlink -f "$work/result")
[ -e "$system/nixos-version" ] || refuse "the build ended without a NixOS system: $system"
mkdir -p "$(dirname "$(prepared_root '')")"
ln -sfn "$system" "$(prepared_root '')"
# On the disk before it is said to be there: the server may yet be powered off hard.
sync -f /nix
note_prepared "$hash" "$system"
echo "prepared $system"
