#!/usr/bin/env bash
# Shows or makes a release's changes to indexes, as the origin's user with its credentials:
#   sudo bash /opt/spillway/current/instance/migrate.sh <release> [--plan | --run | --replace | --remove]
# Fetches a release that this instance does not have, so that its indexes can be built before it is deployed.
set -euo pipefail
root=${INSTANCE_ROOT:-}
release=${1:?name the release}
shift
set -a
# shellcheck source=/dev/null
. "$root/etc/spillway/instance.env"
# shellcheck source=/dev/null
. "$root/run/spillway/origin.env"
set +a

folder=$root/opt/spillway/$release
if [[ ! -d $folder ]]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  chmod 0755 "$work"
  folder=$work/release
  bash "$(dirname "$0")/fetch-release.sh" "$release" "$folder"
fi
cd "$folder/origin"
runuser -u spillway -- "$folder/runtime/node" scripts/migrate.ts "$@"
