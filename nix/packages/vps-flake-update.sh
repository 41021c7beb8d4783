# Updates the flake's inputs in a working copy, and keeps the old lock file unless every machine still evaluates.

usage() {
  cat <<'TEXT'
Usage: vps-flake-update [--flake DIR] [--dry-run] [INPUT...]

  --flake DIR   the folder with flake.nix (default: .)
  --dry-run     show what would change, and change nothing
  INPUT...      only these inputs (default: all)

Exit codes: 0 updated or nothing to do, 1 a machine no longer evaluates (the lock is as it was), 2 wrong usage.
TEXT
}

fail_usage() {
  echo "vps-flake-update: $1" >&2
  exit 2
}

flake=.
dry_run=false
inputs=()
while [ $# -gt 0 ]; do
  case "$1" in
    --flake)
      [ $# -ge 2 ] || fail_usage "--flake needs a folder"
      flake=$2
      shift
      ;;
    --dry-run) dry_run=true ;;
    --help | -h)
      usage
      exit 0
      ;;
    -*) fail_usage "unknown argument $1 (see --help)" ;;
    *) inputs+=("$1") ;;
  esac
  shift
done
[ -e "$flake/flake.nix" ] || fail_usage "$flake holds no flake.nix"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$flake/." "$work/"
(cd "$work" && nix flake update "${inputs[@]}")
if cmp -s "$flake/flake.lock" "$work/flake.lock"; then
  echo "nothing to update"
  exit 0
fi
diff -u --label old "$flake/flake.lock" --label new "$work/flake.lock" | grep -E '^[-+] +"(rev|lastModified)"' || true
for host in $(nix eval --raw "path:$work#nixosConfigurations" --apply 'hosts: builtins.concatStringsSep " " (builtins.attrNames hosts)'); do
  if ! nix eval --raw "path:$work#nixosConfigurations.\"$host\".config.system.build.toplevel.drvPath" >/dev/null; then
    echo "vps-flake-update: $host no longer evaluates; flake.lock is as it was" >&2
    exit 1
  fi
done
if "$dry_run"; then
  echo "would update $flake/flake.lock"
else
  cp "$work/flake.lock" "$flake/flake.lock"
  echo "updated $flake/flake.lock; commit it, and pulumi up takes it to the machines"
fi
