# shellcheck shell=bash
# Whether the machine is well, seen from inside: health.sh. That this runs at all over a new connection shows that sshd takes new ones.
# Prints "sick …" for each thing that is not well. Touches nothing.

work=$WORK
before=$work/failed-before
systemctl list-units --failed --plain --no-legend --no-pager | while read -r unit _; do
  if [ ! -r "$before" ] || ! grep -qxF "$unit" "$before"; then
    echo "sick $unit failed"
  fi
done
if command -v vps-health >/dev/null; then
  if words=$(vps-health 2>&1); then :; else
    echo "sick vps-health: $(printf '%s' "$words" | tail -n 3 | tr '\n' ' ')"
  fi
fi
echo "running $(systemctl is-system-running 2>/dev/null || true)"
echo "system $(readlink -f /run/current-system)"
