# Backs up the machine's data and brings it back, by restic (encrypted, deduplicated) or by rsync (plain files on another host).

usage() {
  cat <<'TEXT'
Usage: vps-backup COMMAND [--config FILE] [--dry-run]

  run                        prepare (dumps), back up, thin out old backups
  list                       what there is to restore
  restore --to DIR [ID]      bring backup ID (default: latest) back below DIR
  check                      is the repository whole?

  --config FILE   settings (default: /etc/vps/backup.json)
  --dry-run       say what would be done, change nothing

Exit codes: 0 done, 1 failed, 2 wrong usage or settings.
TEXT
}

fail_usage() {
  echo "vps-backup: $1" >&2
  exit 2
}

config=/etc/vps/backup.json
dry_run=false
to=
id=latest
command=${1:-}
case "$command" in
  --help | -h)
    usage
    exit 0
    ;;
  run | list | restore | check) shift ;;
  *) fail_usage "give a command: run, list, restore or check (see --help)" ;;
esac
while [ $# -gt 0 ]; do
  case "$1" in
    --config | --to)
      [ $# -ge 2 ] || fail_usage "$1 needs a value"
      if [ "$1" = --to ]; then to=$2; else config=$2; fi
      shift
      ;;
    --dry-run) dry_run=true ;;
    --help | -h)
      usage
      exit 0
      ;;
    -*) fail_usage "unknown argument $1 (see --help)" ;;
    *) id=$1 ;;
  esac
  shift
done
[ "$command" != restore ] || [ -n "$to" ] || fail_usage "restore needs --to DIR; nothing is ever written over live data unasked"

setting() { jq -r "$1" "$config"; }
jq -e '.method and .repository' "$config" >/dev/null 2>&1 || fail_usage "$config is not a readable backup configuration"
method=$(setting .method)
repository=$(setting .repository)
mapfile -t paths < <(setting '.paths[]')
mapfile -t excludes < <(setting '.exclude[]')

environment=$(setting '.environmentFile // empty')
if [ -n "$environment" ]; then
  [ -r "$environment" ] || fail_usage "cannot read $environment"
  set -a
  # shellcheck source=/dev/null
  . "$environment"
  set +a
fi

present=()
for path in "${paths[@]}"; do
  # A path that does not exist yet (no dump so far) is no reason to keep nothing of the rest.
  if [ -e "$path" ]; then present+=("$path"); else echo "vps-backup: $path does not exist, left out" >&2; fi
done

prepare() {
  local name
  while IFS= read -r name; do
    if "$dry_run"; then
      echo "would prepare $name"
    else
      echo "preparing $name" >&2
      bash -o pipefail -c "$(jq -r --arg name "$name" '.prepare[$name]' "$config")" ||
        {
          echo "vps-backup: preparing $name failed; nothing was backed up" >&2
          exit 1
        }
    fi
  done < <(setting '.prepare | keys[]')
}

restic_() {
  RESTIC_PASSWORD_FILE=$(setting .passwordFile) restic --repo "$repository" "$@"
}

restic_run() {
  local flags=() exclude
  for exclude in "${excludes[@]}"; do flags+=(--exclude "$exclude"); done
  "$dry_run" && flags+=(--dry-run)
  if ! restic_ cat config >/dev/null 2>&1; then
    if "$dry_run"; then
      echo "would make the repository $repository"
      return
    fi
    restic_ init
  fi
  restic_ backup --tag vps "${flags[@]}" "${present[@]}"
  "$dry_run" || restic_ forget --tag vps --prune \
    --keep-daily "$(setting .keep.daily)" --keep-weekly "$(setting .keep.weekly)" --keep-monthly "$(setting .keep.monthly)"
}

rsync_() {
  local flags=(--archive --hard-links --numeric-ids --relative --delete --delete-excluded) exclude
  for exclude in "${excludes[@]}"; do flags+=(--exclude "$exclude"); done
  "$dry_run" && flags+=(--dry-run --itemize-changes)
  rsync "${flags[@]}" "$@"
}

case "$command-$method" in
  run-*)
    [ "${#present[@]}" -gt 0 ] || fail_usage "none of the paths in $config exists: there is nothing to back up"
    prepare
    if [ "$method" = restic ]; then restic_run; else rsync_ "${present[@]}" "$repository/"; fi
    ;;
  list-restic) restic_ snapshots ;;
  list-rsync) rsync --list-only "$repository/" ;;
  check-restic) restic_ check ;;
  check-rsync) rsync --list-only "$repository/" >/dev/null ;;
  restore-restic)
    if "$dry_run"; then restic_ restore "$id" --target "$to" --dry-run; else restic_ restore "$id" --target "$to"; fi
    ;;
  restore-rsync)
    [ "$id" = latest ] || fail_usage "rsync keeps the latest state only"
    mkdir -p "$to"
    flags=(--archive --hard-links --numeric-ids)
    "$dry_run" && flags+=(--dry-run --itemize-changes)
    rsync "${flags[@]}" "$repository/" "$to/"
    ;;
  *) fail_usage "unknown method $method in $config" ;;
esac
