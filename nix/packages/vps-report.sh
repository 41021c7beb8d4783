# The state of the machine on one page, or as JSON.

usage() {
  cat <<'TEXT'
Usage: vps-report [--json]

Exit codes: 0 always when it could be made, 2 wrong usage.
TEXT
}

json=false
case "${1:-}" in
  "") ;;
  --json) json=true ;;
  --help | -h)
    usage
    exit 0
    ;;
  *)
    echo "vps-report: unknown argument $1 (see --help)" >&2
    exit 2
    ;;
esac

running=${VPS_RUNNING:-/run}
reboot=false
for part in kernel initrd kernel-modules; do
  [ "$(readlink -f "$running/booted-system/$part")" = "$(readlink -f "$running/current-system/$part")" ] || reboot=true
done

report=$(
  jq -n \
    --arg host "$(uname -n)" \
    --arg kernel "$(uname -r)" \
    --arg system "$(readlink -f "$running/current-system")" \
    --arg up "$(cut -d. -f1 /proc/uptime)" \
    --argjson reboot "$reboot" \
    --argjson memory "$(awk '/^(MemTotal|MemAvailable):/ {printf "%s\"%s\":%d", s, $1 == "MemTotal:" ? "total" : "available", $2 / 1024; s = ","}' /proc/meminfo | sed 's/.*/{&}/')" \
    --argjson disks "$(df -PBM --output=target,size,avail,pcent -x tmpfs -x devtmpfs -x overlay -x efivarfs 2>/dev/null | tail -n +2 | jq -R 'split(" +"; null) | {mount: .[0], sizeMB: (.[1] | rtrimstr("M") | tonumber), freeMB: (.[2] | rtrimstr("M") | tonumber), used: .[3]}' | jq -s .)" \
    --argjson failed "$(systemctl list-units --failed --plain --no-legend 2>/dev/null | awk '{print $1}' | jq -R . | jq -s .)" \
    --argjson ports "$(ss -Hltn 2>/dev/null | awk '{print $4}' | sort -u | jq -R . | jq -s .)" \
    --argjson insecure "$(cat /etc/vps/insecure.json 2>/dev/null || echo '[]')" \
    '{host: $host, kernel: $kernel, system: $system, upSeconds: ($up | tonumber), rebootNeeded: $reboot, memoryMB: $memory, disks: $disks, failedUnits: $failed, listening: $ports, insecure: $insecure}'
)

if "$json"; then
  printf '%s\n' "$report"
  exit 0
fi
jq -r '
  "host      \(.host), kernel \(.kernel), up \(.upSeconds / 3600 | floor) h\(if .rebootNeeded then ", reboot needed" else "" end)",
  "system    \(.system)",
  "memory    \(.memoryMB.available) of \(.memoryMB.total) MB free",
  (.disks[] | "disk      \(.mount): \(.freeMB) of \(.sizeMB) MB free (\(.used) used)"),
  "failed    \(if .failedUnits == [] then "none" else (.failedUnits | join(", ")) end)",
  "listening \(.listening | join(", "))",
  "insecure  \(if .insecure == [] then "nothing" else (.insecure | join(", ")) end)"' <<<"$report"
