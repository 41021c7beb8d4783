# shellcheck shell=bash
# The machine has a lease on a volume, so its mount may start again: allowMount.sh MOUNT_POINT
# A release masks it (releaseVolume.sh); where no detachment followed, or the volume came back to the same boot, it is still masked, and what
# starts it when the device is seen has passed. Prints "allowed now" or "allowed already".

mount_point=$1

unit=$(systemd-escape --path --suffix=mount "$mount_point")
lock_machine
if is_nixos && [ "$(readlink "/run/systemd/system/$unit")" = /dev/null ]; then
  systemctl unmask --runtime "$unit" >&2
  # As when the device is seen: whether it can be mounted is for those to say who need it.
  systemctl start --no-block "$unit" || true
  echo "allowed now"
else
  echo "allowed already"
fi
