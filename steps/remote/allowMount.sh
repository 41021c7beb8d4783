# shellcheck shell=bash
# The machine has a lease on a volume, so its mount may start again: allowMount.sh DEVICE MOUNT_POINT [VOLUME]
# VOLUME: its name where it is encrypted.
# A release masks it (releaseVolume.sh); where no detachment followed, or the volume came back to the same boot, it is still masked, and what
# starts it when the device is seen has passed. Prints "allowed now" or "allowed already".

device=$1
mount_point=$2
opened=${3:+/dev/mapper/volume-$3}

lock_machine
allowed=already
while IFS= read -r place; do
  unit=$(systemd-escape --path --suffix=mount "$place")
  if is_nixos && [ "$(readlink "/run/systemd/system/$unit")" = /dev/null ]; then
    systemctl unmask --runtime "$unit" >&2
    # As when the device is seen: whether it can be mounted is for those to say who need it.
    systemctl start --no-block "$unit" || true
    allowed=now
  fi
done < <(places_of "$device" "$opened" "$mount_point"; echo "$mount_point")
echo "allowed $allowed"
