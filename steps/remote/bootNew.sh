# shellcheck shell=bash
# Makes a system the one that boots next, and notes what to go back to: bootNew.sh SYSTEM [GENERATION]
# With a generation, which is one of this system: no new one is made.
# Where the boot loader can, SYSTEM is booted once and the former system stays the default until the confirmation: a kernel that panics and
# an initrd that gives up start none of our units, and yet the next start is one of the former system.

new=$1
number=${2:-}

# GRUB forgets the entry by writing over its own block, which it can on a plain partition with FAT or ext4, and cannot on ZFS, btrfs, LVM,
# RAID or LUKS: there the entry would be booted for ever.
boots_once() {
  command -v grub-reboot >/dev/null && command -v grub-editenv >/dev/null || return 1
  [ -r /boot/grub/grub.cfg ] || return 1
  case $(mounts_in "$1" | awk '$1 == "/boot" { boot = $2 " " $3 } $1 == "/" { root = $2 " " $3 } END { print boot == "" ? root : boot }') in
  /dev/mapper/* | /dev/md* | /dev/dm-*) return 1 ;;
  /dev/*' vfat' | /dev/disk/by-partlabel/*' ext4') return 0 ;;
  *) return 1 ;;
  esac
}

# The path through the boot menu to a generation, which shows only the newest. One that has specialisations is a submenu of its own.
menu_entry() {
  awk -v wanted=" - Configuration $1( - Default)? [(]" '
    function title(line) { sub(/^[^"]*"/, "", line); sub(/".*$/, "", line); return line }
    /^submenu "/ { path[++depth] = title($0) }
    /^menuentry "/ {
      path[++depth] = title($0)
      if (depth > 1 && path[1] ~ / - All configurations$/ && path[depth] ~ wanted) {
        for (i = 1; i < depth; i++) printf "%s>", path[i]
        print path[depth]
        exit
      }
    }
    /^}/ { if (depth > 0) depth-- }
  ' /boot/grub/grub.cfg
}

lock_machine
# An entry that is not the default is written without the secrets of its initrd where they cannot be had, with a warning and no more.
if [ -x "$new/append-initrd-secrets" ]; then
  secrets=$(mktemp "$WORK/initrd-secrets.XXXXXX")
  told=0
  "$new/append-initrd-secrets" "$secrets" >&2 || told=$?
  rm -f "$secrets"
  [ "$told" = 0 ] || refuse "the secrets of the new system's initrd (boot.initrd.secrets) cannot all be had on the machine"
fi
old=$(readlink -f /nix/var/nix/profiles/system)
unconfirmed=/var/lib/nixos-vps/unconfirmed
# A boot that nobody confirmed yet: what it would go back to is what we go back to. What that boot broke, or a switch that waits for its
# confirmation, was not so before: the notes made then are kept.
if [ -s "$unconfirmed" ]; then
  old=$(head -n 1 "$unconfirmed")
elif ! systemctl is-active --quiet nixos-vps-rollback.timer; then
  note_before
fi
mkdir -p /nix/var/nix/gcroots
if [ "$old" != "$new" ]; then
  # Not the root of a switch without a restart (activate.sh), which may follow before this boot is confirmed.
  ln -sfn "$old" /nix/var/nix/gcroots/nixos-vps-before-boot
  note_unconfirmed "$old" "$new"
fi
# Left by a step that was cut off before its restart.
forget_one_boot
if [ -n "$number" ]; then
  nix-env -p /nix/var/nix/profiles/system --switch-generation "$number"
else
  nix-env -p /nix/var/nix/profiles/system --set "$new"
fi
entry=''
if [ "$old" != "$new" ] && boots_once "$old"; then
  # The menu offers the profile's generations, the new one among them; its default is the system that writes it.
  "$old/bin/switch-to-configuration" boot >&2
  entry=$(menu_entry "$(generation)")
fi
if [ -n "$entry" ]; then
  grub-reboot "$entry" >&2
  sync -f /boot/grub
  echo "once yes"
else
  "$new/bin/switch-to-configuration" boot >&2
fi
echo "boots $new"
