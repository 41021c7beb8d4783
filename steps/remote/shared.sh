#!/usr/bin/env bash
# What all remote scripts share; it is put in front of each of them. bash, because it reads a script from stdin without reading ahead.
set -eu

# Root's login shell may have been given less, and a transient unit has next to nothing.
# The last folder is what an installation brings for itself (nix/modules/storage).
PATH=${PATH:-/usr/bin:/bin}:/run/wrappers/bin:/run/current-system/sw/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/nixos-vps/bin
export PATH
export LC_ALL=C

# Words for the operator. Results are "name value" lines on stdout.
say() { printf '%s\n' "$*" >&2; }

# Exit code 3 means: refused, in words, and nothing was changed.
refuse() {
  say "$*"
  exit 3
}

# What the scripts tell each other until the next reboot.
WORK=${WORK:-/run/nixos-vps}

# One script of ours at a time on this machine. A script whose operator was killed may still be at work: it is waited for.
lock_machine() {
  mkdir -p "$WORK"
  exec 9>"$WORK.lock"
  flock -w 300 9 || refuse "another step still works on this machine (it holds $WORK.lock) and did not end within 300 s"
}

is_installer() { grep -q '^VARIANT_ID="\?installer"\?$' /etc/os-release; }
# The installed system, not the installer, which is a NixOS too.
is_nixos() { grep -q '^ID="\?nixos"\?$' /etc/os-release && ! is_installer; }

# Where a device is mounted, innermost last, binds of its folders included.
mounts_of() {
  local device
  device=$(readlink -f "$1")
  findmnt -rn -o TARGET,SOURCE 2>/dev/null | while read -r target source; do
    # A bind of a folder shows as DEVICE[/folder]; an opened LUKS by its name (/dev/mapper/…) and not as the device that the name leads to.
    case $source in
    "$device" | "${device}["* | "$1" | "${1}["*) printf '%b\n' "$target" ;;
    esac
  done
}

# Whether a file system, mounted here, holds more than a new one does.
holds_something() { [ -n "$(find "$1" -mindepth 1 -maxdepth 1 ! -name lost+found -print -quit)" ]; }

# "fileSystem DEVICE UUID" of a volume that is mounted and holds something: tell_file_system DEVICE MOUNT_POINT
tell_file_system() {
  if holds_something "$2"; then echo "fileSystem $1 $(blkid -p -o value -s UUID "$1" 2>/dev/null || true)"; fi
}

# The same of all volumes that are mounted.
tell_file_systems() {
  volume_mounts | while read -r target device; do
    if mountpoint -q "$target"; then tell_file_system "$device" "$target"; fi
  done
}

# What this project made last on this machine: remember SYSTEM HASH_OF_ITS_FLAKE. Whatever else runs later was made by somebody else.
LAST=/var/lib/nixos-vps/last-system
remember() {
  mkdir -p "${LAST%/*}"
  printf '%s %s\n' "$1" "$2" >"$LAST.part"
  mv -f "$LAST.part" "$LAST"
}
last_system() { [ ! -r "$LAST" ] || cut -d ' ' -f 1 "$LAST"; }
last_flake() { [ ! -r "$LAST" ] || cut -d ' ' -f 2 "$LAST"; }

# Generations of former servers that a take-over took out of the boot menu, below the root $1: links that hold their store paths until the
# machine is confirmed on its new server. Beyond that they would fill the volume, server by server.
former_generations() { echo "$1/nix/var/nix/gcroots/nixos-vps-former"; }
let_former_generations_go() { rm -rf "$(former_generations '')" || say "$(former_generations '') could not be removed: what it holds is no garbage yet"; }

# A system that was brought onto the store volume for the machine's next server, below the root $1: noted beside the store, so that it
# moves with it. One line: hash of its flake, store path.
prepared_note() { echo "$1/nix/var/nixos-vps/prepared"; }
prepared_root() { echo "$1/nix/var/nix/gcroots/nixos-vps-prepared"; }
prepared_hash() { [ ! -r "$(prepared_note "$1")" ] || cut -d ' ' -f 1 "$(prepared_note "$1")"; }
prepared_system() { [ ! -r "$(prepared_note "$1")" ] || cut -d ' ' -f 2 "$(prepared_note "$1")"; }
note_prepared() {
  local note
  note=$(prepared_note '')
  mkdir -p "${note%/*}"
  printf '%s %s\n' "$1" "$2" >"$note.part"
  sync "$note.part"
  mv -f "$note.part" "$note"
  sync -f "${note%/*}"
}

# A flake waits beside /etc/nixos until the system made from it is confirmed. Two renames, because an exchange in one is not to be had
# everywhere; a cut between them is mended by the next confirmation. Where /etc/nixos is itself mounted from a volume
# (vps.configuration.keep), it stays and gets the new content.
NEXT=${NEXT:-/etc/nixos.next}
put_flake_in_place() {
  local place=${PLACE:-/etc/nixos}
  [ -d "$NEXT" ] || return 0
  if mountpoint -q "$place"; then
    find "$place" -mindepth 1 -maxdepth 1 ! -name .git -exec rm -rf {} +
    cp -a "$NEXT/." "$place/"
    rm -rf "$NEXT"
    return 0
  fi
  rm -rf "$place.former"
  [ ! -e "$place" ] || mv -T "$place" "$place.former"
  mv -T "$NEXT" "$place"
  rm -rf "$place.former"
}

# Number of the generation that boots by default.
generation() {
  local link
  link=$(readlink /nix/var/nix/profiles/system)
  link=${link##*system-}
  echo "${link%-link}"
}

# A running kernel cannot be exchanged: what of SYSTEM would need a boot, against the one that was BOOTED, one a line.
restart_for() {
  local part
  for part in kernel initrd kernel-modules kernel-params; do
    [ -e "$1/$part" ] || [ -e "$2/$part" ] || continue
    if [ "$(readlink -f "$1/$part")" != "$(readlink -f "$2/$part")" ] && ! cmp -s "$1/$part" "$2/$part"; then echo "$part"; fi
  done
}

# Every system says for which root disk it was made, and no two servers have the same. One that does not say is older than this mark.
of_another_server() { [ -r "$1/etc/vps/root-disk" ] && [ "$(cat "$1/etc/vps/root-disk")" != "$2" ]; }

# Device and type of what a system mounts where: "TARGET DEVICE TYPE" a line.
mounts_in() { [ ! -r "$1/etc/fstab" ] || awk '$1 !~ /^#/ && NF >= 3 { print $2, $1, $3 }' "$1/etc/fstab"; }
# Whether the running system mounts a device at a place: mounts_there MOUNT_POINT DEVICE
mounts_there() { mounts_in "${SYSTEM:-}" | cut -d ' ' -f 1,2 | grep -qxF "$1 $2"; }
# Where the running system mounts Hetzner's volumes: "TARGET DEVICE" a line.
volume_mounts() { mounts_in '' | awk '$2 ~ "^/dev/(disk/by-id/scsi-0HC_Volume_[0-9]+|mapper/volume-.*)$" { print $1, $2 }'; }
# Mount points that the running system has for a volume: places_of DEVICE OPENED MOUNT_POINT. OPENED is where its LUKS is opened, or empty.
# MOUNT_POINT is what the step was told, which may be a place that never came about because the switch to it was refused or undone.
places_of() {
  mounts_in "${SYSTEM:-}" | awk -v device="$1" -v opened="$2" -v place="$3" '$2 == device || (opened != "" && $2 == opened) || $1 == place { print $1 }'
}

# What is mounted from elsewhere in NEW than in the ACTIVE system. A file system that is in use cannot be put elsewhere; one that goes
# altogether is ended by the switch itself.
mounts_moved() {
  local target device type now
  mounts_in "$2" | while read -r target device type; do
    now=$(mounts_in "$1" | awk -v target="$target" '$1 == target { print $2, $3 }')
    if [ -n "$now" ] && [ "$now" != "$device $type" ]; then echo "$target from $device to $now"; fi
  done
}

# What is mounted in the ACTIVE system and nowhere in NEW: the switch unmounts it.
mounts_gone() {
  local target
  mounts_in "$2" | while read -r target _; do
    case $target in /*) mounts_in "$1" | awk -v target="$target" '$1 == target { found = 1 } END { exit !found }' || echo "$target" ;; esac
  done
}

# Where a system has its store: a device and a folder of it, looked up through the mount that /nix is bound from.
store_of() {
  mounts_in "$1" | awk '
    { device[$1] = $2 }
    END {
      source = device["/nix"]
      if (source == "") { print "the root disk"; exit }
      for (target in device)
        if ((source == target || index(source, target "/") == 1) && length(target) > length(best)) best = target
      print best == "" ? source : device[best] substr(source, length(best) + 1)
    }'
}

# The entry of the boot menu that GRUB boots once before the default (bootNew.sh), if it has not been booted: it must not outlive the note
# of what to go back to, or the next restart would be into a system that nobody wants any more.
forget_one_boot() {
  if [ -e /boot/grub/grubenv ] && command -v grub-editenv >/dev/null; then grub-editenv /boot/grub/grubenv unset next_entry; fi
}

# Seconds that the own health checks of SYSTEM may take together (vps.health): each is tried until its limit, its last try takes its timeout,
# and 3 more may pass until that has been ended by force.
health_seconds() {
  [ -r "$1/etc/vps/health.json" ] || {
    echo 0
    return
  }
  grep -oE '"(limit|timeout)":[0-9]+' "$1/etc/vps/health.json" | awk -F : '{ sum += $2 } /limit/ { sum += 3 } END { print sum + 0 }'
}

# Runs what must come to its end although the operator's connection may be lost: a lost one's pipe ends whoever writes into it. What it says is
# passed on when it has ended.
to_its_end() {
  local said code=0
  said=$("$@" 2>&1) || code=$?
  (say "$said") || true
  return "$code"
}

# The way back from an unconfirmed boot, and from what: read by vps-go-back, which goes back when nobody removes the note in time.
note_unconfirmed() { # OLD NEW
  local note=/var/lib/nixos-vps/unconfirmed
  mkdir -p "${note%/*}" && printf '%s\n' "$1" "$2" >"$note.part" && mv -f "$note.part" "$note"
}

# A system that was booted and that nobody confirmed yet: the second line of that note.
unconfirmed_system() { sed -n 2p /var/lib/nixos-vps/unconfirmed 2>/dev/null || true; }

# NEW runs and could not be made the system that boots: OLD, which is GENERATION, boots again. Where the boot menu cannot be written, NEW may
# still be its default, and a boot into that is taken back by the machine.
boots_again() { # OLD GENERATION NEW
  to_its_end nix-env -p /nix/var/nix/profiles/system --switch-generation "$2" || true
  to_its_end "$1/bin/switch-to-configuration" boot && return
  [ "$1" = "$3" ] || [ -s /var/lib/nixos-vps/unconfirmed ] || note_unconfirmed "$1" "$3" || true
}

# Goes back at once: go_back_now TOKEN. In a unit of its own, which goes on without the connection. The timer goes back when this cannot begin.
go_back_now() {
  to_its_end systemd-run --quiet --collect --unit=nixos-vps-going-back --wait -- /bin/sh "$WORK/rollback-$1" 9>&- || true
  if [ -e "$WORK/decided-$1" ]; then systemctl stop nixos-vps-rollback.timer 2>/dev/null || true; fi
}

# Left by a rollback: the generation, when (seconds since 1970), and its system. The next switch says it and takes it away.
rolled_back() { cat /var/lib/nixos-vps/rolled-back 2>/dev/null || true; }
note_rollback() {
  local note=/var/lib/nixos-vps/rolled-back
  mkdir -p "${note%/*}" && printf '%s %s %s\n' "$1" "$(date +%s)" "$2" >"$note.part" && mv -f "$note.part" "$note"
}
forget_rollback() { rm -f /var/lib/nixos-vps/rolled-back; }

# What is not well already before a change is not the change's fault: noted before it, also across a restart.
BEFORE=${BEFORE:-/var/lib/nixos-vps/before}
failed_units() { systemctl list-units --failed --plain --no-legend --no-pager | awk '{ print $1 }'; }
# File systems with less than a hundredth left, by where they are mounted. A machine that cannot write takes no login.
full_disks() {
  { echo /; mounts_in /; } | awk '{ print $1 }' | while read -r target; do
    mountpoint -q "$target" || continue
    df -P "$target" 2>/dev/null | awk -v target="$target" 'NR == 2 && $2 > 0 && $4 * 100 < $2 { print target }'
  done | sort -u
}
# yes, no, or nothing where there is no way to tell.
clock_in_sync() { timedatectl show --property NTPSynchronized --value 2>/dev/null || true; }
note_before() {
  mkdir -p "$BEFORE"
  failed_units >"$BEFORE/failed"
  full_disks >"$BEFORE/full"
  clock_in_sync >"$BEFORE/clock"
}
