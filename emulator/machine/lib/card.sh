# shellcheck shell=sh
# Network cards that lead nowhere, so that programs see the machine's addresses.

# new_card NAME MAC MTU. Not every kernel has dummy devices; a bridge without ports is as good but for its carrier.
new_card() {
  ip link add "$1" address "$2" mtu "$3" type dummy 2>/dev/null || ip link add "$1" address "$2" mtu "$3" type bridge
  ip link set "$1" up
}
