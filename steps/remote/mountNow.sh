# shellcheck shell=bash
# Mounts volumes of a running NixOS that were not there when it booted: mountNow.sh MOUNT_POINT...
# Then starts what wanted them and could not start without.

lock_machine
is_nixos || refuse "this is not an installed NixOS"
started=0
for mount_point in "$@"; do
  unit=$(systemd-escape --path --suffix=mount "$mount_point")
  if ! systemctl is-active --quiet "$unit"; then
    systemctl reset-failed "$unit" 2>/dev/null || true
    systemctl start "$unit" || refuse "$unit did not start: $(systemctl show -p Result --value "$unit" 2>/dev/null); see journalctl -u $unit on the machine"
    started=1
  fi
done
if [ "$started" = 1 ]; then
  systemctl reset-failed || true
  systemctl start default.target
fi
echo "mounted $*"
