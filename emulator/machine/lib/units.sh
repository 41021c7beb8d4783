# shellcheck shell=sh
# systemd's view of a machine. Services have their state in /run/emulator/units/NAME (one `Key=value` a line); mounts are what the kernel
# says; what a unit is, is said by the running system's `units` folder and by /etc/fstab.

UNITS=/run/emulator/units
TRANSIENT=/run/systemd/transient
JOURNAL=/run/emulator/journal
# Links to /dev/null: units that nothing starts.
MASKS=/run/systemd/system
mkdir -p "$UNITS" "$JOURNAL" "$TRANSIENT"

unit_log() { # UNIT TEXT...
  _unit=$1
  shift
  printf '%s %s systemd[1]: %s\n' "$(date '+%b %d %H:%M:%S')" "$(cat /proc/sys/kernel/hostname)" "$*" >>"$JOURNAL/$_unit"
}

unit_set() { # UNIT ACTIVE SUB RESULT [EXIT_STATUS [PID]]
  printf 'ActiveState=%s\nSubState=%s\nResult=%s\nExecMainStatus=%s\nMainPID=%s\n' "$2" "$3" "$4" "${5:-0}" "${6:-0}" >"$UNITS/$1.part"
  mv -f "$UNITS/$1.part" "$UNITS/$1"
}

unit_get() { # UNIT KEY: prints nothing when unknown
  [ ! -r "$UNITS/$1" ] || sed -n "s/^$2=//p" "$UNITS/$1"
}

# home-data.mount -> /home/data; `-` in a name is written \x2d.
mount_path() {
  _path=${1%.mount}
  [ "$_path" != - ] || _path=
  printf '/%s\n' "$(printf '%s' "$_path" | tr - / | sed 's/\\x2d/-/g')"
}

mount_unit() {
  _name=$(printf '%s' "${1#/}" | sed 's/-/\\x2d/g' | tr / -)
  printf '%s.mount\n' "${_name:--}"
}

# device, target, type and options of a mount in fstab; fails when there is none.
fstab_line() {
  awk -v target="$1" '$1 !~ /^#/ && $2 == target { print $1, $2, $3, $4; found = 1 } END { exit !found }' /etc/fstab 2>/dev/null
}

# Mount points of fstab that a path lies on or below, outermost first.
mounts_for() {
  awk -v path="$1" '$1 !~ /^#/ && $2 != "/" && (path == $2 || index(path, $2 "/") == 1) { print $2 }' /etc/fstab 2>/dev/null | sort
}

unit_exists() {
  case $1 in
    *.mount) fstab_line "$(mount_path "$1")" >/dev/null || mountpoint -q "$(mount_path "$1")" ;;
    *.target) : ;;
    *) [ -e "$UNITS/$1" ] || [ -e "/run/current-system/units/$1" ] || [ -e "$TRANSIENT/$1" ] ;;
  esac
}

is_masked() { [ "$(readlink "$MASKS/$1")" = /dev/null ]; }

refuse_masked() { # UNIT
  ! is_masked "$1" || {
    echo "Failed to start $1: Unit $1 is masked." >&2
    return 1
  }
}

active_state() {
  case $1 in
    *.mount)
      if mountpoint -q "$(mount_path "$1")" 2>/dev/null; then
        echo active
      elif [ "$(unit_get "$1" ActiveState)" = failed ]; then
        echo failed
      else
        echo inactive
      fi
      ;;
    *.target)
      _state=$(unit_get "$1" ActiveState)
      echo "${_state:-active}"
      ;;
    *)
      _state=$(unit_get "$1" ActiveState)
      echo "${_state:-inactive}"
      ;;
  esac
}

start_mount() { # TARGET
  _unit_name=$(mount_unit "$1")
  refuse_masked "$_unit_name" || return 1
  mountpoint -q "$1" && return 0
  _line=$(fstab_line "$1") || {
    echo "Failed to start $_unit_name: Unit $_unit_name not found." >&2
    return 5
  }
  # shellcheck disable=SC2086 # four words
  if _why=$(/.emulator/bin/emulator-mount $_line 2>&1); then
    rm -f "$UNITS/$_unit_name"
    tell note "mount $1"
    start_wanted_by "$_unit_name"
    return 0
  fi
  # A unit whose assertion does not hold was not started, and so has not failed.
  case $_why in *'Assertion failed: '*) ;; *) unit_set "$_unit_name" failed failed exit-code 32 ;; esac
  unit_log "$_unit_name" "Failed to mount $1: $_why"
  printf 'Job for %s failed.\nSee "systemctl status %s" and "journalctl -xeu %s" for details.\n' "$_unit_name" "$_unit_name" "$_unit_name" >&2
  return 1
}

# Services of the system that need a path, and mounts that lie or come from below it, go first.
stop_mount() { # TARGET
  mountpoint -q "$1" || return 0
  for _file in /run/current-system/units/*; do
    [ -e "$_file" ] || continue
    while read -r _what _value; do
      case $_what:$_value in mount:"$1" | mount:"$1"/*) stop_service "${_file##*/}" ;; esac
    done <"$_file"
  done
  # shellcheck disable=SC2013 # mount points are words
  for _inner in $(awk -v t="$1" '$1 !~ /^#/ && $2 != t && ($1 == t || index($1, t "/") == 1 || index($2, t "/") == 1) { print $2 }' /etc/fstab 2>/dev/null | sort -r); do
    stop_mount "$_inner" || return 1
  done
  if _why=$(umount "$1" 2>&1); then
    tell note "unmount $1"
    return 0
  fi
  unit_log "$(mount_unit "$1")" "Failed unmounting $1: $_why"
  echo "Job for $(mount_unit "$1") failed." >&2
  return 1
}

start_service() { # UNIT of the running system
  refuse_masked "$1" || return 1
  [ "$(unit_get "$1" ActiveState)" != active ] || return 0
  if [ "$1" = sshd.service ]; then
    start_sshd
    return
  fi
  _definition=/run/current-system/units/$1
  [ -e "$_definition" ] || {
    echo "Failed to start $1: Unit $1 not found." >&2
    return 5
  }
  _service=$1 _failed=''
  # shellcheck disable=SC2013 # paths are words
  for _needed in $(sed -n 's/^mount //p' "$_definition"); do
    for _target in $(mounts_for "$_needed"); do
      start_mount "$_target" || {
        unit_set "$_service" inactive dead dependency
        unit_log "$_service" "Dependency failed: $_target is not mounted"
        echo "A dependency job for $_service failed. See 'journalctl -xe' for details." >&2
        return 1
      }
    done
  done
  _script=/run/current-system/scripts/$_service
  if [ -e "$_script" ]; then
    # shellcheck disable=SC2024 # root already
    env -i PATH=/.emulator/sw/unit-bin ${EMULATOR_SESSION:+"EMULATOR_SESSION=$EMULATOR_SESSION"} sh -eu "$_script" </dev/null >>"$JOURNAL/$_service" 2>&1 8>&- || _failed=1
  fi
  if [ -n "$_failed" ] || grep -q '^fails' "$_definition"; then
    unit_set "$_service" failed failed exit-code 1
    unit_log "$_service" "$_service: Main process exited, code=exited, status=1/FAILURE"
    printf 'Job for %s failed because the control process exited with error code.\nSee "systemctl status %s" and "journalctl -xeu %s" for details.\n' "$_service" "$_service" "$_service" >&2
    return 1
  fi
  unit_set "$_service" active running success
  unit_log "$_service" "Started $_service."
}

# Whether something that is up now wants this unit of a system.
wanted_now() { # DEFINITION
  while read -r _word _other; do
    [ "$_word" = wanted ] || continue
    case $_other in
      multi-user.target | default.target) return 0 ;;
      *.mount) if mountpoint -q "$(mount_path "$_other")"; then return 0; fi ;;
    esac
  done <"$1"
  return 1
}

start_wanted_by() { # UNIT
  for _wanting in /run/current-system/units/*; do
    if [ -e "$_wanting" ] && grep -qxF "wanted $1" "$_wanting"; then start_service "${_wanting##*/}" || :; fi
  done
}

stop_service() { # UNIT
  if [ "$1" = sshd.service ]; then
    unit_set "$1" inactive dead success
    request sshd stop >/dev/null
    return
  fi
  if [ -e "$TRANSIENT/$1" ]; then
    _pid=$(unit_get "$1" MainPID)
    [ "${_pid:-0}" = 0 ] || kill -TERM "-$_pid" 2>/dev/null || :
    return 0
  fi
  [ "$(unit_get "$1" ActiveState)" = active ] || return 0
  unit_set "$1" inactive dead success
  unit_log "$1" "Stopped $1."
}

# sshd with what the running system's sshd_config says; it makes host keys that are missing, as NixOS does.
start_sshd() {
  : >/run/emulator/sshd.part
  while read -r _key _value; do
    case $_key in
      Port) echo "port $_value" >>/run/emulator/sshd.part ;;
      HostKey)
        echo "key $_value" >>/run/emulator/sshd.part
        if [ ! -s "$_value" ]; then
          _type=ed25519
          case $_value in *rsa*) _type=rsa ;; *ecdsa*) _type=ecdsa ;; esac
          mkdir -p "${_value%/*}"
          ssh-keygen -q -t "$_type" -N '' -C "root@$(cat /proc/sys/kernel/hostname)" -f "$_value" </dev/null
          tell note "sshd made a host key: $_value"
        fi
        ;;
    esac
  done </etc/ssh/sshd_config
  mv -f /run/emulator/sshd.part /run/emulator/sshd
  if request sshd start >/dev/null; then
    unit_set sshd.service active running success
  else
    unit_set sshd.service failed failed exit-code 255
    return 1
  fi
}

failed_units() {
  for _file in "$UNITS"/*; do
    case $_file in *.part) continue ;; esac
    if [ -e "$_file" ] && grep -q '^ActiveState=failed' "$_file" && [ "$(active_state "${_file##*/}")" = failed ]; then echo "${_file##*/}"; fi
  done
}
