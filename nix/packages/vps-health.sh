# Runs the machine's health checks and says how each went.

usage() {
  cat <<'TEXT'
Usage: vps-health [--json] [--list] [--checks FILE]

  --json          print one JSON document instead of a line for each check
  --list          print the checks without running them
  --checks FILE   read the checks from FILE (default: /etc/vps/health.json)

Exit codes: 0 all checks passed, 1 at least one failed, 2 wrong usage or no readable checks.
TEXT
}

fail_usage() {
  echo "vps-health: $1" >&2
  exit 2
}

json=false
list=false
checks=/etc/vps/health.json
while [ $# -gt 0 ]; do
  case "$1" in
    --json) json=true ;;
    --list) list=true ;;
    --checks)
      [ $# -ge 2 ] || fail_usage "--checks needs a file"
      checks=$2
      shift
      ;;
    --help | -h)
      usage
      exit 0
      ;;
    *) fail_usage "unknown argument $1 (see --help)" ;;
  esac
  shift
done

jq -e 'type == "array"' "$checks" >/dev/null 2>&1 || fail_usage "$checks is not a readable list of checks"

if "$list"; then
  jq -r '.[] | "\(.name)\t\(.command)"' "$checks"
  exit 0
fi

results='[]'
failed=0
count=$(jq length "$checks")
for ((i = 0; i < count; i++)); do
  name=$(jq -r ".[$i].name" "$checks")
  command=$(jq -r ".[$i].command" "$checks")
  timeout=$(jq -r ".[$i].timeout // 10" "$checks")
  limit=$(jq -r ".[$i].limit // 0" "$checks")

  started=$(date +%s%3N)
  while :; do
    code=0
    # A check that ignores the polite end is killed: a switch must not hang on it.
    output=$(timeout --kill-after=2 "$timeout" bash -c "$command" </dev/null 2>&1) || code=$?
    if [ "$code" -eq 0 ] || [ $(($(date +%s%3N) - started)) -ge $((limit * 1000)) ]; then break; fi
    sleep 1
  done
  milliseconds=$(($(date +%s%3N) - started))
  last=$(printf '%s' "$output" | tail -n 1 | cut -c1-200)
  case "$code" in
    0) reason=ok ;;
    124 | 137) reason="no answer within $timeout s" ;;
    *) reason="exit code $code${last:+: $last}" ;;
  esac
  if [ "$code" -ne 0 ] && [ "$limit" -gt 0 ]; then reason="$reason (for $limit s)"; fi
  [ "$code" -eq 0 ] || failed=1

  if "$json"; then
    results=$(jq -c --arg name "$name" --arg reason "$reason" --argjson code "$code" --argjson ms "$milliseconds" \
      '. + [{name: $name, ok: ($code == 0), reason: $reason, milliseconds: $ms}]' <<<"$results")
  elif [ "$code" -eq 0 ]; then
    printf 'ok    %s (%s ms)\n' "$name" "$milliseconds"
  else
    printf 'FAIL  %s: %s\n' "$name" "$reason"
  fi
done

if "$json"; then
  jq -c --argjson failed "$failed" '{ok: ($failed == 0), checks: .}' <<<"$results"
fi
exit "$failed"
