# shellcheck shell=bash
# Shuts the machine down cleanly. What was written goes to the disks first, in case the shutdown itself hangs. Not under the machine's lock:
# a script that hangs must not keep the machine from being shut down.

sync
systemctl poweroff --no-block
echo "poweringOff yes"
