# Shows on a living machine that its data would outlive the server, and changes nothing but one small file on the volume.

usage() {
  cat <<'TEXT'
Usage: vps-persistence-test COMMAND [--volume DIR] [--rollback]

  prepare    write a marker to the volume, and beside it what the machine is like now
  compare    is everything as it was? To be run after a recreate, a reboot or a rollback
  clean      remove the marker

  --volume DIR   the volume's mount point (default: /home)
  --rollback     with compare: go to the previous generation and back again, and measure it

Exit codes: 0 as it was, 1 something is missing or different, 2 wrong usage.
TEXT
}

fail_usage() {
  echo "vps-persistence-test: $1" >&2
  exit 2
}

volume=/home
rollback=false
command=
while [ $# -gt 0 ]; do
  case "$1" in
    prepare | compare | clean) command=$1 ;;
    --volume)
      [ $# -ge 2 ] || fail_usage "--volume needs a folder"
      volume=$2
      shift
      ;;
    --rollback) rollback=true ;;
    --help | -h)
      usage
      exit 0
      ;;
    *) fail_usage "unknown argument $1 (see --help)" ;;
  esac
  shift
done
[ -n "$command" ] || fail_usage "give a command: prepare, compare or clean (see --help)"

marker=$volume/.vps-persistence
root=${VPS_ROOT:-}
problems=0
problem() {
  echo "FAIL  $1"
  problems=1
}

facts() {
  jq -n \
    --arg volume "$(findmnt -n -o UUID --target "$volume" || true)" \
    --arg store "$(findmnt -n -o UUID --target "$root/nix" || true)" \
    --argjson paths "$(find "$root/nix/store" -mindepth 1 -maxdepth 1 | wc -l)" \
    --arg generation "$(readlink "$root/nix/var/nix/profiles/system" || true)" \
    --arg hostKey "$(sha256sum "$root"/etc/ssh/ssh_host_ed25519_key.pub 2>/dev/null | cut -d' ' -f1)" \
    --argjson homes "$(find "$volume" -mindepth 1 -maxdepth 1 -type d -not -name '.*' -not -name 'lost+found' -printf '{"%f":"%U:%G:%m"}\n' | jq -s 'add // {}')" \
    '{volume: $volume, store: $store, paths: $paths, generation: $generation, hostKey: $hostKey, homes: $homes}'
}

case "$command" in
  clean)
    rm -f "$marker" "$marker.next"
    echo "removed $marker"
    exit 0
    ;;
  prepare)
    [ "$(findmnt -n -o TARGET --target "$volume" || echo /)" != / ] || fail_usage "$volume is on the root disk: it would be lost with the server"
    # A full volume takes only a part of it.
    trap 'rm -f "$marker.next"' EXIT
    facts >"$marker.next"
    mv "$marker.next" "$marker"
    sync -f "$marker"
    echo "wrote $marker"
    exit 0
    ;;
esac

[ -r "$marker" ] || {
  problem "there is no $marker: it was lost, or never prepared"
  exit 1
}
now=$(facts)
then_=$(cat "$marker")
value() { jq -r "$2" <<<"$1"; }
for key in volume store hostKey; do
  if [ "$(value "$now" ".$key")" = "$(value "$then_" ".$key")" ]; then
    echo "ok    same $key"
  else
    problem "another $key: $(value "$then_" ".$key") before, $(value "$now" ".$key") now"
  fi
done
before=$(value "$then_" .paths)
after=$(value "$now" .paths)
# Garbage collection may take some; an empty store means a machine that downloaded everything again.
if [ $((after * 2)) -ge "$before" ]; then echo "ok    $after store paths ($before before)"; else problem "only $after store paths, $before before"; fi
lost=$(jq -rn --argjson was "$then_" --argjson now "$now" '[$was.homes | to_entries[] | select($now.homes[.key] != .value) | "\(.key) (\(.value) before, \($now.homes[.key] // "missing") now)"] | join(", ")')
if [ -z "$lost" ]; then echo "ok    every home with its owner and mode"; else problem "homes: $lost"; fi

if "$rollback"; then
  profiles=$root/nix/var/nix/profiles
  here=$(readlink -f "$profiles/system")
  before=$(find "$profiles" -maxdepth 1 -name 'system-*-link' -printf '%f\n' | sort -V | grep -B1 -Fx "$(readlink "$profiles/system")" | head -n 1)
  there=$(readlink -f "$profiles/$before")
  if [ "$there" = "$here" ]; then
    problem "there is no generation to go back to"
  else
    started=$(date +%s%3N)
    "$there/bin/switch-to-configuration" test >/dev/null 2>&1 || problem "the previous generation could not be activated"
    milliseconds=$(($(date +%s%3N) - started))
    "$here/bin/switch-to-configuration" test >/dev/null 2>&1 || problem "the current generation could not be activated again"
    if [ "$milliseconds" -lt 5000 ]; then echo "ok    rollback in $milliseconds ms"; else problem "rollback took $milliseconds ms"; fi
  fi
fi
exit "$problems"
