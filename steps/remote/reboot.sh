# shellcheck shell=bash
# Restarts the machine cleanly.

lock_machine
sync
systemctl reboot --no-block
echo "rebooting yes"
