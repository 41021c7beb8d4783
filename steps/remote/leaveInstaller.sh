# shellcheck shell=bash
# Restarts from the installer into the system that was installed.

lock_machine
is_installer || refuse "this is not the NixOS installer, so it is not restarted"
sync
# A pool that was not exported would have to be imported by force.
if command -v zpool >/dev/null && [ -n "$(zpool list -H -o name 2>/dev/null)" ]; then
  umount -R /mnt
  zpool export -a
fi
systemctl reboot --no-block
echo "rebooting yes"
