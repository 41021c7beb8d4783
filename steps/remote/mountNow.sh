# shellcheck shell=bash
# Mounts volumes of a running NixOS that were not there when it booted: mountNow.sh MOUNT_POINT...
# They have been looked at: from here on the machine mounts them by itself (nix/modules/storage/volumes.nix). Then starts what wanted them and could not start without.

# What the system mounts as it is although it is encrypted.
refuse_luks() {
  local device
  device=$(mounts_in / | awk -v target="$1" '$1 == target { print $2 }')
  [ "$(blkid -p -o value -s TYPE "$device" 2>/dev/null)" != crypto_LUKS ] ||
    refuse "the volume $device holds crypto_LUKS, not ext4: it is encrypted, and the configuration does not say so. Put \`encrypted: true\` and its passphrase back at the volume; or, if it is the wrong volume, attach the right one"
}

lock_machine
is_nixos || refuse "this is not an installed NixOS"
rm -f /var/lib/nixos-vps/volumes-unchecked
started=0
for mount_point in "$@"; do
  unit=$(systemd-escape --path --suffix=mount "$mount_point")
  # A release on this server may have left it masked (releaseVolume.sh).
  systemctl unmask --runtime "$unit" 2>/dev/null || true
  if ! systemctl is-active --quiet "$unit"; then
    systemctl reset-failed "$unit" 2>/dev/null || true
    systemctl start "$unit" || {
      refuse_luks "$mount_point"
      refuse "$unit did not start: $(systemctl show -p Result --value "$unit" 2>/dev/null); see journalctl -u $unit on the machine"
    }
    started=1
  fi
done
if [ "$started" = 1 ]; then
  systemctl reset-failed || true
  systemctl start default.target
fi
echo "mounted $*"
