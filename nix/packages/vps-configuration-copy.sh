# Copies the machine's configuration to the volume, whole or not at all.

usage() {
  cat <<'TEXT'
Usage: vps-configuration-copy [--from DIR] [--to DIR] [--dry-run]

  --from DIR   the configuration (default: /etc/nixos)
  --to DIR     where the copy is kept (default: /home/.nixos)
  --dry-run    say whether there is something to copy

Exit codes: 0 the copy is current (or would be), 1 failed, 2 wrong usage.
TEXT
}

fail_usage() {
  echo "vps-configuration-copy: $1" >&2
  exit 2
}

from=/etc/nixos
to=/home/.nixos
dry_run=false
while [ $# -gt 0 ]; do
  case "$1" in
    --from | --to)
      [ $# -ge 2 ] || fail_usage "$1 needs a folder"
      if [ "$1" = --to ]; then to=$2; else from=$2; fi
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

# An empty folder is a mistake or a push cut off, and must not replace a good copy.
[ -s "$from/flake.nix" ] || fail_usage "$from holds no flake.nix; the copy in $to stays as it is"

if diff -rq "$from" "$to" >/dev/null 2>&1; then
  echo "$to is current"
  exit 0
fi
if "$dry_run"; then
  echo "would copy $from to $to"
  exit 0
fi

mkdir -p "$(dirname "$to")"
next=$(mktemp -d "$to.XXXXXX")
trap 'rm -rf "$next"' EXIT
cp -a "$from/." "$next/"
chmod 0700 "$next"
sync -f "$next"
old=$to.old
rm -rf "$old"
[ ! -e "$to" ] || mv -T "$to" "$old"
mv -T "$next" "$to"
rm -rf "$old"
echo "copied $from to $to"
