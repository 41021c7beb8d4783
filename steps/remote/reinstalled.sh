# shellcheck shell=bash
# How often this machine was installed again on its server, as noted by its last installation. Touches nothing.

echo "reinstalled $(cat /var/lib/nixos-vps/reinstalled 2>/dev/null || true)"
