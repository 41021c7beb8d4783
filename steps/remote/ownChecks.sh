# shellcheck shell=bash
# The machine's own health checks (vps.health), where it has any. Prints "sick NAME: WHY" for each that fails. Touches nothing.

command -v vps-health >/dev/null || exit 0
words=$(vps-health 2>&1) && exit 0
told=$(printf '%s\n' "$words" | sed -n 's/^FAIL  */sick /p')
if [ -n "$told" ]; then printf '%s\n' "$told"; else echo "sick vps-health: $(printf '%s' "$words" | tail -n 1)"; fi
