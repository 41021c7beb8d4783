# shellcheck shell=bash
# Arms the rollback and activates a system, without making it the one that boots: activate.sh SYSTEM TOKEN SECONDS
# Both run as units of their own and go on whatever becomes of the connection.

new=$1
token=$2
seconds=$3
work=$WORK
lock_machine
mkdir -p "$work"

for going in nixos-vps-rollback.service nixos-vps-going-back.service; do
  if systemctl is-active --quiet "$going"; then
    refuse "the machine is just going back to its former system, because an earlier switch was not confirmed. Try again when that is done"
  fi
done
# A switch that nobody confirmed yet: what it would go back to is what we go back to.
if systemctl is-active --quiet nixos-vps-rollback.timer && [ -L /nix/var/nix/gcroots/nixos-vps-previous ]; then
  old=$(readlink -f /nix/var/nix/gcroots/nixos-vps-previous)
  systemctl stop nixos-vps-rollback.timer
else
  old=$(readlink -f /run/current-system)
  # What a boot that nobody confirmed has broken was not so before: its own notes are kept.
  [ -s /var/lib/nixos-vps/unconfirmed ] || note_before
fi
mkdir -p /nix/var/nix/gcroots
ln -sfn "$old" /nix/var/nix/gcroots/nixos-vps-previous
systemctl reset-failed nixos-vps-rollback.timer nixos-vps-rollback.service nixos-vps-switch.service 2>/dev/null || true

# Whoever makes the folder of this token first decides: the confirmation or the rollback, never both.
cat >"$work/rollback-$token" <<ROLLBACK
#!/bin/sh
PATH=$PATH
mkdir "$work/decided-$token" || exit 0
echo "not confirmed: going back to $old"
"$old/bin/switch-to-configuration" test
code=\$?
case \$code in
0 | 4) ;;
*) systemctl reboot ;;
esac
ROLLBACK
chmod 0700 "$work/rollback-$token"
systemd-run --quiet --unit=nixos-vps-rollback --on-active="$seconds" --timer-property=AccuracySec=1s -- /bin/sh "$work/rollback-$token"

cat >"$work/switch-$token" <<SWITCH
#!/bin/sh
PATH=$PATH
"$new/bin/switch-to-configuration" test
code=\$?
echo "\$code" >"$work/activated-$token.part"
mv "$work/activated-$token.part" "$work/activated-$token"
exit "\$code"
SWITCH
chmod 0700 "$work/switch-$token"
# The lock is this script's, not the unit's.
systemd-run --quiet --collect --unit=nixos-vps-switch --service-type=exec -E LOCALE_ARCHIVE -E NIXOS_INSTALL_BOOTLOADER --wait -- /bin/sh "$work/switch-$token" 9>&- || true
echo "code $(cat "$work/activated-$token" 2>/dev/null || echo unknown)"
