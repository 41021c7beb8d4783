# Undoes a boot that nobody confirmed: the former system boots again. `pulumi up` notes the former system before it restarts the machine
# into another one, and removes the note when it has found the machine well; the timer vps-go-back runs this.

usage() {
  cat <<'TEXT'
Usage: vps-go-back [--dry-run]

Makes the former system the one that boots, and reboots into it, if the system that was booted waits for its confirmation.

  --dry-run   say what would be done, change nothing

Exit codes: 0 the machine goes back or there is nothing to undo, 1 it could not go back and the note stays, 2 wrong usage.
TEXT
}

dry_run=false
while [ $# -gt 0 ]; do
  case "$1" in
    --dry-run) dry_run=true ;;
    --help | -h)
      usage
      exit 0
      ;;
    *)
      echo "vps-go-back: unknown argument $1 (see --help)" >&2
      exit 2
      ;;
  esac
  shift
done

profile=${VPS_PROFILES:-/nix/var/nix/profiles}/system
running=${VPS_RUNNING:-/run}
note=${VPS_STATE:-/var/lib/nixos-vps}/unconfirmed
grub_block=${VPS_BOOT:-/boot}/grub/grubenv

fail() {
  echo "vps-go-back: $1" >&2
  exit 1
}

# The lock of the steps: the confirmation removes the note under it and we read the note under it, so never both happen.
exec 9>"$running/nixos-vps.lock"
flock -w 300 9 || fail "a step of pulumi up holds $running/nixos-vps.lock for more than 300 s; nothing was changed"

if [ ! -s "$note" ]; then
  echo "nothing to undo: no boot waits for its confirmation"
  exit 0
fi
{
  read -r old || true
  read -r new || true
} <"$note"
[ -x "$old/bin/switch-to-configuration" ] || fail "the former system $old is gone; nothing was changed. Choose a generation by vps-rollback, then remove $note"

# Booted is named too: a switch may have been cut off between its note and its profile.
booted=$(readlink -f "$running/booted-system")
default=$(readlink -f "$profile")
case "$default" in
  "$old" | "$new" | "$booted") ;;
  *)
    "$dry_run" || rm -f "$note"
    echo "nothing to undo: somebody has made $default the one that boots since"
    exit 0
    ;;
esac

# The former system may run already: chosen in the boot menu, never left, or gone to without a restart since an earlier boot. A restart then
# brings nothing but an outage. On the kernel of the new system it does bring something.
reboot=true
if [ "$(readlink -f "$running/current-system")" = "$old" ] && [ "$booted" != "$new" ]; then reboot=false; fi

if "$dry_run"; then
  if "$reboot"; then echo "would reboot into $old"; else echo "would make $old, which runs already, the one that boots"; fi
  exit 0
fi
echo "not confirmed: going back to $old"
nix-env --profile "$profile" --set "$old"
"$old/bin/switch-to-configuration" boot
# A boot that was ordered once and did not take place would come after the note has gone.
editor=$old/sw/bin/grub-editenv
if [ -x "$editor" ] && [ -e "$grub_block" ]; then "$editor" "$grub_block" unset next_entry; fi
# Last: whatever is cut off before is done again.
rm -f "$note"
sync
"$reboot" || exit 0
# The lock goes with the machine: a confirmation that waits for it must not succeed while the machine shuts down.
trap 'exit 0' TERM
systemctl reboot --no-block
sleep "${VPS_SHUTDOWN_SECONDS:-300}" &
wait $!
fail "the reboot into $old did not come about; the next boot takes it"
