#!/bin/bash
# bash. The first program of the virtual machine: gets its devices ready, then runs what the host asks for through a virtio port. Where
# systemd is to be the first program, it starts that, which starts the second half of this: init serve.
# A request: "run BYTES COMMAND" and a newline, then as many bytes, which are the command's stdin.
# The answer: "CODE BYTES_OF_STDOUT BYTES_OF_STDERR" and a newline, then both.
set -u
export PATH=/usr/bin LC_ALL=C HOME=/root
LONGEST_S=1500

off() { echo o >/proc/sysrq-trigger; }

prepare() {
  mount -t proc proc /proc
  mount -t sysfs sysfs /sys
  mount -t devtmpfs devtmpfs /dev
  mount -t tmpfs tmpfs /run
  ln -sf /proc/self/fd /dev/fd
  # A host that was killed leaves nobody who would switch it off.
  (
    sleep "$LONGEST_S"
    off
  ) &
  for module in virtio_pci virtio_scsi virtio_console sd_mod dm_crypt xts; do modprobe "$module" || echo "no module $module"; done
}

serve() {
  local work=/run/agent port=/dev/virtio-ports/agent verb bytes command code
  mkdir -p "$work"
  until [ -e "$port" ]; do sleep 0.1; done
  exec 3<>"$port"
  echo ready >&3
  while IFS=' ' read -r verb bytes command <&3; do
    [ "$verb" = run ] || continue
    head -c "$bytes" <&3 >"$work/in"
    # By a pipe, as ssh gives it: a script must not read ahead of itself.
    code=0
    # shellcheck disable=SC2002
    (cat "$work/in" | bash -c "$command") >"$work/out" 2>"$work/err" 3>&- || code=$?
    echo "$code $(stat -c %s "$work/out") $(stat -c %s "$work/err")" >&3
    cat "$work/out" "$work/err" >&3
  done
  off
}

if [ "${1:-}" != serve ]; then
  prepare
  if [ -e /etc/systemd/system.conf ]; then exec /usr/lib/systemd/systemd; fi
  /usr/lib/systemd/systemd-udevd --daemon
  udevadm trigger --action=add
  udevadm settle
fi
serve
