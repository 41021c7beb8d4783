# Snapshots of ZFS datasets: make, thin out, list, go back.

usage() {
  cat <<'TEXT'
Usage: vps-snapshot COMMAND [--keep N] [--dry-run] DATASET [SNAPSHOT]

  make DATASET                 take a snapshot of it and everything below, then prune
  prune DATASET                delete all but the newest N of the snapshots made here
  list DATASET                 the snapshots made here, oldest first
  rollback DATASET SNAPSHOT    go back; everything written since is lost

  --keep N     how many to keep (default: 14)
  --dry-run    say what would be done, change nothing

Exit codes: 0 done, 1 failed, 2 wrong usage.
TEXT
}

fail_usage() {
  echo "vps-snapshot: $1" >&2
  exit 2
}

keep=14
dry_run=false
words=()
while [ $# -gt 0 ]; do
  case "$1" in
    --keep)
      [ $# -ge 2 ] || fail_usage "--keep needs a number"
      keep=$2
      shift
      ;;
    --dry-run) dry_run=true ;;
    --help | -h)
      usage
      exit 0
      ;;
    -*) fail_usage "unknown argument $1 (see --help)" ;;
    *) words+=("$1") ;;
  esac
  shift
done
command=${words[0]:-}
dataset=${words[1]:-}
[[ $keep =~ ^[1-9][0-9]*$ ]] || fail_usage "--keep needs a number above 0, not $keep"
case "$command" in
  make | prune | list | rollback) [ -n "$dataset" ] || fail_usage "$command needs a dataset" ;;
  *) fail_usage "give a command: make, prune, list or rollback (see --help)" ;;
esac

# Only what was made here is ever deleted here.
ours() { zfs list -H -t snapshot -o name -s creation -d 1 "$dataset" | grep "^$dataset@vps-" || true; }

change() {
  if "$dry_run"; then echo "would run: $*"; else "$@"; fi
}

prune() {
  local snapshots
  mapfile -t snapshots < <(ours)
  local extra=$((${#snapshots[@]} - keep)) i
  for ((i = 0; i < extra; i++)); do change zfs destroy -r "${snapshots[i]}"; done
}

case "$command" in
  make)
    change zfs snapshot -r "$dataset@vps-$(date -u +%Y%m%dT%H%M%SZ)"
    prune
    ;;
  prune) prune ;;
  list) ours ;;
  rollback)
    snapshot=${words[2]:-}
    [ -n "$snapshot" ] || fail_usage "rollback needs a snapshot; see: vps-snapshot list $dataset"
    ours | grep -Fxq "$dataset@${snapshot#*@}" || fail_usage "there is no snapshot $dataset@${snapshot#*@}"
    change zfs rollback -r "$dataset@${snapshot#*@}"
    ;;
esac
