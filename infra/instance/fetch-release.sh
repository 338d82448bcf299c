#!/usr/bin/env bash
# Fetches a release, verifies it, and unpacks it into a folder that does not exist yet:
#   fetch-release.sh RELEASE FOLDER
# The release's name ends in the SHA-256 of its archive, so write access to the bucket alone does not change what runs.
# Where the stage has keys (RELEASE_KEYS), one of them must have signed the name: whoever may start a deployment, but
# holds no key, does not change it either.
set -euo pipefail
release=${1:?name the release}
folder=${2:?name the folder}
source=s3://$RELEASES_BUCKET/origin/$release
archive=$folder.tar.gz
work=$(mktemp -d)
trap 'rm -rf "$work" "$archive"' EXIT

is_signed() {
  aws s3 cp --only-show-errors "$source.sig" "$work/signature"
  printf 'spillway release %s\n' "$release" > "$work/statement"
  local key
  for key in $RELEASE_KEYS; do
    printf -- '-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n' "$key" > "$work/key.pem"
    if openssl pkeyutl -verify -rawin -pubin -inkey "$work/key.pem" -in "$work/statement" \
      -sigfile "$work/signature" > /dev/null 2>&1; then
      return 0
    fi
  done
  echo "no key of this stage has signed the release $release" >&2
  return 1
}

mkdir -p "$(dirname "$folder")"
aws s3 cp --only-show-errors "$source.tar.gz" "$archive"
echo "${release##*-}  $archive" | sha256sum --check --quiet
if [[ -n ${RELEASE_KEYS:-} ]]; then is_signed || exit 1; fi
mkdir -p "$folder"
tar -xz -C "$folder" -f "$archive"
