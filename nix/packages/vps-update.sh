# Brings the machine up to date by itself: from Git, or by newer inputs. Confirmed by the health checks, undone when they fail.

usage() {
  cat <<'TEXT'
Usage: vps-update [--git URL [--branch NAME] [--folder DIR] | --inputs "NAME..."] [--operation switch|boot]
                  [--reboot-window HH:MM-HH:MM] [--flake DIR] [--machine NAME] [--dry-run]

  --git URL              take the configuration from this repository (and this machine's own facts.json)
  --branch NAME          its branch (default: main)
  --folder DIR           the folder of the flake in it (default: nix)
  --inputs "NAME..."     keep the configuration, and take newer versions of these inputs
  --operation            switch: at once, confirmed or undone; boot: at the next boot (default: switch)
  --reboot-window        reboot within these hours (UTC) if the new system asks for it; without it never
  --flake DIR            the configuration on the machine (default: /etc/nixos)
  --machine NAME         its configuration (default: from facts.json)
  --dry-run              build, and say what would be done

/etc/nixos is never changed: what `pulumi up` has put there stays comparable.
Exit codes: 0 current or updated, 1 failed and undone, 2 wrong usage.
TEXT
}

fail_usage() {
  echo "vps-update: $1" >&2
  exit 2
}

git_url=
branch=main
folder=nix
inputs=
operation=switch
window=
flake=/etc/nixos
machine=
dry_run=false
while [ $# -gt 0 ]; do
  case "$1" in
    --git | --branch | --folder | --inputs | --operation | --reboot-window | --flake | --machine)
      [ $# -ge 2 ] || fail_usage "$1 needs a value"
      case "$1" in
        --git) git_url=$2 ;;
        --branch) branch=$2 ;;
        --folder) folder=$2 ;;
        --inputs) inputs=$2 ;;
        --operation) operation=$2 ;;
        --reboot-window) window=$2 ;;
        --flake) flake=$2 ;;
        --machine) machine=$2 ;;
      esac
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
case "$operation" in switch | boot) ;; *) fail_usage "--operation is switch or boot, not $operation" ;; esac
[ -z "$window" ] || [[ $window =~ ^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$ ]] || fail_usage "--reboot-window is HH:MM-HH:MM, not $window"
[ -n "$git_url" ] || [ -n "$inputs" ] || fail_usage "say where newer versions come from: --git or --inputs"
[ -z "$git_url" ] || [ -z "$inputs" ] || fail_usage "--git and --inputs exclude each other: with --git the repository decides on the inputs"
[ -r "$flake/facts.json" ] || fail_usage "$flake/facts.json is not there: what machine is this?"
[ -n "$machine" ] || machine=$(jq -r .machine "$flake/facts.json")

profile=${VPS_PROFILES:-/nix/var/nix/profiles}/system
running=${VPS_RUNNING:-/run}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ -n "$git_url" ]; then
  git clone --quiet --depth 1 --branch "$branch" "$git_url" "$work/git"
  [ -e "$work/git/$folder/flake.nix" ] || fail_usage "$git_url has no $folder/flake.nix"
  cp -r "$work/git/$folder" "$work/flake"
  cp "$flake/facts.json" "$work/flake/facts.json"
else
  cp -r "$flake" "$work/flake"
  # Several names, one word each.
  # shellcheck disable=SC2086
  (cd "$work/flake" && nix flake update $inputs)
fi

new=$(nix build --no-link --print-out-paths "path:$work/flake#nixosConfigurations.\"$machine\".config.system.build.toplevel")
old=$(readlink -f "$running/current-system")
if [ "$new" = "$(readlink -f "$profile")" ]; then
  echo "current: $new"
  exit 0
fi
if "$dry_run"; then
  echo "would $operation from $old to $new"
  exit 0
fi

changed() { [ "$(readlink -f "$1/$2")" != "$(readlink -f "$3/$2")" ]; }

if [ "$operation" = switch ]; then
  code=0
  "$new/bin/switch-to-configuration" test || code=$?
  healthy=true
  # The new system's own idea of health; a system without checks has none to fail.
  if [ -x "$new/sw/bin/vps-health" ]; then "$new/sw/bin/vps-health" || healthy=false; fi
  if { [ "$code" -ne 0 ] && [ "$code" -ne 4 ]; } || ! "$healthy"; then
    echo "vps-update: $new does not work here, going back to $old" >&2
    "$old/bin/switch-to-configuration" test || true
    exit 1
  fi
fi
nix-env --profile "$profile" --set "$new"
if ! "$new/bin/switch-to-configuration" boot; then
  echo "vps-update: $new is active but could not be made the boot default; /boot may be full" >&2
  exit 1
fi
echo "updated to $new"

for part in kernel initrd kernel-modules; do
  if changed "$running/booted-system" "$part" "$new"; then
    now=$(date -u +%H:%M)
    from=${window%-*}
    until=${window#*-}
    inside=false
    if [ -n "$window" ]; then
      if [[ $from < $until ]]; then
        [[ ! $now < $from && $now < $until ]] && inside=true
      else
        # Over midnight.
        [[ ! $now < $from || $now < $until ]] && inside=true
      fi
    fi
    if "$inside"; then
      echo "rebooting: the $part has changed"
      systemctl reboot
    else
      echo "the $part has changed: the next boot takes it"
    fi
    break
  fi
done
