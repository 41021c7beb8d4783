# shellcheck shell=bash
# Runs one part of the persistence test on some volumes: persistence.sh prepare|compare|clean MOUNT_POINT...
# Prints "told MOUNT_POINT WORDS" for each line that the test says, and "failed MOUNT_POINT" where it is not content.

part=$1
shift
lock_machine
command -v vps-persistence-test >/dev/null ||
  refuse "vps-persistence-test is not on this machine: it comes with vps.maintenance.enable, which its host has switched off"
for volume; do
  code=0
  words=$(vps-persistence-test "$part" --volume "$volume" 2>&1) || code=$?
  printf '%s\n' "$words" | while read -r line; do echo "told $volume $line"; done
  [ "$code" -eq 0 ] || echo "failed $volume"
done
