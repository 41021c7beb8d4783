# shellcheck shell=bash
# What runs here. Touches nothing.

stage='cloud image'
if is_installer; then
  stage=installer
elif is_nixos; then
  stage=nixos
fi
echo "stage $stage"
echo "boot $(cat /proc/sys/kernel/random/boot_id)"
echo "host $(hostname 2>/dev/null || cat /proc/sys/kernel/hostname)"
if [ -e /run/current-system ]; then
  echo "system $(readlink -f /run/current-system)"
fi
