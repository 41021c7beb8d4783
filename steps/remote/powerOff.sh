# shellcheck shell=bash
# Shuts the machine down cleanly. What was written goes to the disks first, in case the shutdown itself hangs. Not under the machine's lock:
# a script that hangs must not keep the machine from being shut down.

sync
# Where it hangs and has to be cut off, a person is told what that concerns: "mount DEVICE MOUNT_POINT" for each volume.
volume_mounts | while read -r target device; do echo "mount $device $target"; done
systemctl poweroff --no-block
echo "poweringOff yes"
