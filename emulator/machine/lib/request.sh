# shellcheck shell=sh
# Asking the emulator for what a machine cannot do itself: to wait on its clock, to change power, to evaluate a flake.

# Whoever calls, from whatever little environment: the stand-ins find their programs, and what they write is as readable as on NixOS.
PATH=/.emulator/bin:${PATH:-/usr/bin}:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
umask 022

# request VERB ARG...: prints the answer; fails when the emulator says `error`. Arguments must not hold tabs or line breaks.
request() {
  _name=$(mktemp -u XXXXXXXXXX)
  _reply=/run/emulator/replies/$_name
  mkfifo -m 600 "$_reply" || return 1
  # Opened for both, so that nobody waits for the other side to open it.
  exec 8<>"$_reply"
  _line="${EMULATOR_SESSION:--}	$_name"
  for _word in "$@"; do _line="$_line	$_word"; done
  printf '%s\n' "$_line" >/run/emulator/requests
  IFS= read -r _answer <&8
  exec 8>&-
  rm -f "$_reply"
  case $_answer in
    "error "*)
      printf '%s\n' "${_answer#error }" >&2
      return 1
      ;;
  esac
  printf '%s\n' "$_answer"
}

# tell VERB ARG...: the same without an answer.
tell() {
  _line="${EMULATOR_SESSION:--}	-"
  for _word in "$@"; do _line="$_line	$_word"; done
  printf '%s\n' "$_line" >/run/emulator/requests
}
