# shellcheck shell=bash
# Shuts the machine down cleanly. What was written goes to the disks first, in case the shutdown itself hangs. Not under the machine's lock:
# a script that hangs must not keep the machine from being shut down.

sync
# Where it hangs and has to be cut off, a person is told what that concerns: "mount DEVICE MOUNT_POINT" for each volume.
mounts_in '' | awk '$2 ~ "^/dev/(disk/by-id/scsi-0HC_Volume_[0-9]+|mapper/volume-.*)$" { print "mount", $2, $1 }'
systemctl poweroff --no-block
echo "poweringOff yes"
