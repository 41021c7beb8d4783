# shellcheck shell=sh
# The boot loaders' menus, as they lie on the boot partition, and what is to be booted once (GRUB's next_entry, the LoaderEntryOneShot of
# systemd-boot). Expects BOOT, the folder of the boot partition, and NVRAM, a folder of the firmware's variables.

ONE_SHOT=LoaderEntryOneShot

# The entry of GRUB's menu that is WANTED: `0`, `1>2`, a title, or titles and numbers joined by `>`. Prints `init=... parameters`, then
# the initrd's path. Prints nothing when there is none.
grub_entry() { # WANTED
  WANTED=$1 awk '
    function title(line) { sub(/^[^"]*"/, "", line); sub(/".*$/, "", line); return line }
    function is(wanted, number, name) { return wanted == number "" || wanted == name }
    BEGIN { top = -1; count = split(ENVIRON["WANTED"], path, ">") }
    /^ *submenu /   { top++; in_menu = 1; menu = title($0); inner = -1; next }
    /^ *menuentry / {
      in_entry = 1
      name = title($0)
      if (in_menu) { inner++; found = count == 2 && is(path[1], top, menu) && is(path[2], inner, name) }
      else { top++; found = count == 1 && is(path[1], top, name) }
      next
    }
    /^ *linux / && found  { sub(/^ *linux [^ ]* */, ""); print }
    /^ *initrd / && found { sub(/^ *initrd */, ""); print; exit }
    /^ *}/ { if (in_entry) in_entry = 0; else in_menu = 0; found = 0 }
  ' "$BOOT/grub/grub.cfg"
}

systemd_boot_entry() { # ENTRY
  case $1 in '' | */*) return 0 ;; esac
  [ -r "$BOOT/loader/entries/$1" ] || return 0
  sed -n 's/^options //p' "$BOOT/loader/entries/$1"
  sed -n 's/^initrd //p' "$BOOT/loader/entries/$1"
}

# What boots now: once what was asked for, and that is forgotten before it starts; else the default.
entry_to_boot() {
  _once='' _entry=''
  if [ -r "$BOOT/loader/loader.conf" ]; then
    [ ! -r "$NVRAM/$ONE_SHOT" ] || read -r _once <"$NVRAM/$ONE_SHOT" || :
    rm -f "$NVRAM/$ONE_SHOT"
    [ -z "$_once" ] || _entry=$(systemd_boot_entry "$_once")
    [ -n "$_entry" ] || _entry=$(systemd_boot_entry "$(sed -n 's/^default //p' "$BOOT/loader/loader.conf")")
  elif [ -r "$BOOT/grub/grub.cfg" ]; then
    _once=$(grub_variable next_entry)
    if [ -n "$_once" ]; then
      grub_set next_entry ''
      _entry=$(grub_entry "$_once")
    fi
    # An entry that is not there: GRUB takes the first.
    [ -n "$_entry" ] || _entry=$(grub_entry 0)
  fi
  [ -z "$_entry" ] || printf '%s\n' "$_entry"
}

grub_variable() { # NAME
  [ ! -r "$BOOT/grub/grubenv" ] || sed -n "s/^$1=//p" "$BOOT/grub/grubenv"
}

# GRUB's environment block: 1024 bytes, a heading, a variable a line, and the rest `#`. Written anew as a whole, as a block is.
grub_set() { # NAME VALUE (empty: none)
  _block=$(
    echo '# GRUB Environment Block'
    [ ! -r "$BOOT/grub/grubenv" ] || sed -e '/^#/d' -e "/^$1=/d" "$BOOT/grub/grubenv"
    [ -z "$2" ] || printf '%s=%s\n' "$1" "$2"
  )
  printf '%s\n' "$_block" | awk '{ print; used += length($0) + 1 } END { while (used++ < 1024) printf "#" }' >"$BOOT/grub/grubenv.part"
  mv -f "$BOOT/grub/grubenv.part" "$BOOT/grub/grubenv"
}
