# Goes back to an earlier generation of the system, now and for the next boot. Nothing is built, so it takes seconds.

usage() {
  cat <<'TEXT'
Usage: vps-rollback [--list] [--to N] [--dry-run]

  --list      the generations there are
  --to N      go to generation N (default: the one before the current)
  --dry-run   say what would be done, change nothing

Exit codes: 0 the generation is active, 1 it could not be activated, 2 wrong usage or no such generation.
TEXT
}

fail_usage() {
  echo "vps-rollback: $1" >&2
  exit 2
}

profiles=${VPS_PROFILES:-/nix/var/nix/profiles}
list=false
dry_run=false
to=
while [ $# -gt 0 ]; do
  case "$1" in
    --list) list=true ;;
    --to)
      [ $# -ge 2 ] || fail_usage "--to needs a number"
      to=$2
      shift
      ;;
    --dry-run) dry_run=true ;;
    --help | -h)
      usage
      exit 0
      ;;
    *) fail_usage "unknown argument $1 (see --help)" ;;
  esac
  shift
done

current=$(readlink "$profiles/system" | sed -E 's/^system-([0-9]+)-link$/\1/')
mapfile -t generations < <(find "$profiles" -maxdepth 1 -name 'system-*-link' -printf '%f\n' | sed -E 's/^system-([0-9]+)-link$/\1/' | sort -n)

if "$list"; then
  for generation in "${generations[@]}"; do
    mark=' '
    [ "$generation" = "$current" ] && mark='*'
    printf '%s %s  %s\n' "$mark" "$generation" "$(readlink -f "$profiles/system-$generation-link")"
  done
  exit 0
fi

if [ -z "$to" ]; then
  for generation in "${generations[@]}"; do [ "$generation" -lt "$current" ] && to=$generation; done
  [ -n "$to" ] || fail_usage "there is no generation before $current"
fi
system=$(readlink -f "$profiles/system-$to-link" 2>/dev/null || true)
[ -x "$system/bin/switch-to-configuration" ] || fail_usage "there is no generation $to (see --list)"

if "$dry_run"; then
  echo "would go from generation $current to $to ($system)"
  exit 0
fi
nix-env --profile "$profiles/system" --switch-generation "$to"
code=0
"$system/bin/switch-to-configuration" switch || code=$?
# 4: active, but a unit failed. The old generation is what was asked for, so that is told and not undone.
case "$code" in
  0) echo "generation $to is active" ;;
  4) echo "generation $to is active, but not every unit started: see systemctl --failed" >&2 ;;
  *)
    echo "vps-rollback: generation $to could not be activated (exit code $code)" >&2
    exit 1
    ;;
esac
