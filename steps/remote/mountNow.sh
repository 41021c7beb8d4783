# shellcheck shell=bash
# Mounts volumes of a running NixOS that were not there when it booted: mountNow.sh [MOUNT_POINT DEVICE]...
# DEVICE: what carries the file system. What the system does not mount there is left to the switch: verify.sh tells.
# They have been looked at: from here on the machine mounts by itself what it sees (nix/modules/storage/volumes.nix), also where there is none
# now and one comes later. Then starts what wanted them and could not start without.

unchecked=${UNCHECKED:-/var/lib/nixos-vps/volumes-unchecked}
mount_points=()
lock_machine
is_nixos || refuse "this is not an installed NixOS"
while [ "$#" -gt 1 ]; do
  if mounts_there "$1" "$2"; then
    # Mounted as it is although it is encrypted.
    [ "$(blkid -p -o value -s TYPE "$2" 2>/dev/null)" != crypto_LUKS ] ||
      refuse "the volume $2 holds crypto_LUKS, not ext4: it is encrypted, and the configuration does not say so. Put \`encrypted: true\` and its passphrase back at the volume; or, if it is the wrong volume, attach the right one"
    mount_points+=("$1")
  fi
  shift 2
done
rm -f "$unchecked"
started=0
for mount_point in "${mount_points[@]}"; do
  unit=$(systemd-escape --path --suffix=mount "$mount_point")
  # A release on this server may have left it masked (releaseVolume.sh).
  systemctl unmask --runtime "$unit" 2>/dev/null || true
  if ! systemctl is-active --quiet "$unit"; then
    systemctl reset-failed "$unit" 2>/dev/null || true
    systemctl start "$unit" || {
      say "$unit did not start: $(systemctl show -p Result --value "$unit" 2>/dev/null); see journalctl -u $unit on the machine"
      exit 1
    }
    started=1
  fi
done
if [ "$started" = 1 ]; then
  systemctl reset-failed || true
  systemctl start default.target
fi
echo "mounted ${mount_points[*]}"
