# shellcheck shell=bash
# Whether a volume's device is here: $1 is its path. Touches nothing.

device=$1
if ! [ -e "$device" ] && command -v udevadm >/dev/null; then
  udevadm settle --timeout=5 >/dev/null 2>&1 || true
fi
if [ -e "$device" ]; then echo "device there"; else echo "device missing"; fi
