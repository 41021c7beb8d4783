# shellcheck shell=bash
# Whether the machine is well, seen from inside: health.sh. That this runs at all over a new connection shows that sshd takes new ones.
# Prints "sick …" for each thing that is not well and was before the change. Touches nothing.

# What FILE of the notes does not have, a line each, from stdin.
new_since() { if [ -r "$BEFORE/$1" ]; then grep -vxF -f "$BEFORE/$1" || true; else cat; fi; }

failed_units | new_since failed | while read -r unit; do echo "sick $unit failed"; done
full_disks | new_since full | while read -r target; do echo "sick $target is full"; done
if [ "$(cat "$BEFORE/clock" 2>/dev/null)" = yes ] && [ "$(clock_in_sync)" = no ]; then echo "sick the clock is not in sync any more"; fi
if command -v vps-health >/dev/null && ! words=$(vps-health 2>&1); then
  told=$(printf '%s\n' "$words" | sed -n 's/^FAIL  */sick /p')
  if [ -n "$told" ]; then printf '%s\n' "$told"; else echo "sick vps-health: $(printf '%s' "$words" | tail -n 1)"; fi
fi
echo "running $(systemctl is-system-running 2>/dev/null || true)"
echo "system $(readlink -f /run/current-system)"
