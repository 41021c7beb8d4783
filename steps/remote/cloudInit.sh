# shellcheck shell=bash
# Whether cloud-init has finished: it may still install packages or reload the network under a step's feet. Touches nothing.

if ! command -v cloud-init >/dev/null; then
  echo "cloudInit done"
  exit 0
fi
# Exit code 2 is "done, with recoverable errors".
status=$(cloud-init status 2>/dev/null || true)
case $status in
*running* | *'not started'* | *'not run'*) echo "cloudInit running" ;;
*error*) echo "cloudInit error" ;;
*) echo "cloudInit done" ;;
esac
