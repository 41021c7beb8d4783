# What is installed, by name and version, so that two machines (or one before and after) can be compared.

usage() {
  cat <<'TEXT'
Usage: vps-packages [--to FILE] [--compare FILE] [--system PATH]

  --to FILE        write the list to FILE, if it has changed
  --compare FILE   show how the machine differs from FILE; exit 1 if it does
  --system PATH    the system to list (default: /run/current-system)

Exit codes: 0 done and nothing differs, 1 it differs, 2 wrong usage.
TEXT
}

fail_usage() {
  echo "vps-packages: $1" >&2
  exit 2
}

to=
compare=
system=/run/current-system
while [ $# -gt 0 ]; do
  case "$1" in
    --to | --compare | --system)
      [ $# -ge 2 ] || fail_usage "$1 needs a value"
      case "$1" in
        --to) to=$2 ;;
        --compare) compare=$2 ;;
        --system) system=$2 ;;
      esac
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
[ -e "$system/sw" ] || fail_usage "$system is not a NixOS system"

# What the system path refers to directly is what was asked for; the hash says nothing to a person.
list=$(nix-store --query --references "$(readlink -f "$system/sw")" | sed -E 's|^.*/[a-z0-9]{32}-||' | LC_ALL=C sort -u)

if [ -n "$compare" ]; then
  [ -r "$compare" ] || fail_usage "cannot read $compare"
  diff -u --label "$compare" --label "$system" "$compare" - <<<"$list"
elif [ -n "$to" ]; then
  if [ -e "$to" ] && cmp -s "$to" - <<<"$list"; then
    echo "$to is current"
  else
    mkdir -p "$(dirname "$to")"
    printf '%s\n' "$list" >"$to.next"
    mv "$to.next" "$to"
    echo "wrote $(wc -l <"$to") packages to $to"
  fi
else
  printf '%s\n' "$list"
fi
