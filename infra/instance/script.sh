#!/usr/bin/env bash
# Runs one of the running release's scripts as the origin's user with its credentials, as npm run NAME does elsewhere:
#   sudo bash /opt/spillway/current/instance/script.sh deliveries list
set -euo pipefail
root=${INSTANCE_ROOT:-}
name=${1:?name the script}
shift
set -a
# shellcheck source=/dev/null
. "$root/etc/spillway/instance.env"
# shellcheck source=/dev/null
. "$root/run/spillway/origin.env"
set +a
cd "$root/opt/spillway/current/origin"
runuser -u spillway -- "$root/opt/spillway/current/runtime/node" "scripts/$name.ts" "$@"
