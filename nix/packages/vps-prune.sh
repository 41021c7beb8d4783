# Deletes old generations of the system, and keeps the running one and the one before it whatever their age: the way back must stay open
# on a machine that nobody has changed for a month, which `nix-collect-garbage --delete-older-than` does not see to.

usage() {
  cat <<'TEXT'
Usage: vps-prune [--days N] [--dry-run]

  --days N    delete generations older than this (default: 14)
  --dry-run   say what would be deleted

The store is not touched; `nix-collect-garbage` frees what nobody uses any more.
Exit codes: 0 done, 2 wrong usage.
TEXT
}

fail_usage() {
  echo "vps-prune: $1" >&2
  exit 2
}

days=14
dry_run=false
while [ $# -gt 0 ]; do
  case "$1" in
    --days)
      [ $# -ge 2 ] || fail_usage "--days needs a number"
      days=$2
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
[[ $days =~ ^[0-9]+$ ]] || fail_usage "--days needs a number, not $days"

profiles=${VPS_PROFILES:-/nix/var/nix/profiles}
number() { sed -E 's/^system-([0-9]+)-link$/\1/'; }
current=$(readlink "$profiles/system" | number)
mapfile -t generations < <(find "$profiles" -maxdepth 1 -name 'system-*-link' -printf '%f\n' | number | sort -n)
before=
for generation in "${generations[@]}"; do [ "$generation" -lt "$current" ] && before=$generation; done

# What runs may be another than the profile's: a switch that is being tried.
running=$(readlink -f "${VPS_RUNNING:-/run}/current-system")

for generation in "${generations[@]}"; do
  link=$profiles/system-$generation-link
  if [ "$generation" = "$before" ] || [ "$(readlink -f "$link")" = "$running" ]; then continue; fi
  # The current one stays, and so does what is newer: it was rolled back from, and may be wanted again.
  [ "$generation" -lt "$current" ] || continue
  [ -n "$(find "$link" -maxdepth 0 -mmin "+$((days * 1440))")" ] || continue
  if "$dry_run"; then
    echo "would delete generation $generation"
  else
    nix-env --profile "$profiles/system" --delete-generations "$generation"
  fi
done
