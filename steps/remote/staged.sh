# shellcheck shell=bash
# Marks the installer as staged for certain facts ($2), or tells whether it is: `staged.sh mark|ask DIGEST`. The mark lies in the
# installer's memory, so a reboot, which undoes the mounts, also takes the mark.

is_installer || refuse "this is not the NixOS installer, so it cannot be staged"
mark=/run/nixos-vps/staged
case $1 in
mark)
  lock_machine
  mountpoint -q /mnt || refuse "disko left nothing mounted at /mnt"
  printf '%s\n' "$2" >"$mark"
  echo "staged yes"
  ;;
ask)
  if mountpoint -q /mnt && [ "$(cat "$mark" 2>/dev/null)" = "$2" ]; then echo "staged yes"; else echo "staged no"; fi
  ;;
esac
