#!/usr/bin/env bash
# Packs a release of the origin: the workspace folder itself (Node strips types only outside node_modules), its
# dependencies, the Node that runs it, the instance files and the database's certificate authorities.
#   infra/release.sh <commit> <folder> [arm64|x64]
# Prints the release's name, which ends in the digest of its archive: <folder>/<name>.tar.gz.
# Needs npm's registry and, unless DATABASE_CA names a local copy, AWS's trust store.
set -euo pipefail
# The machine's npm: npm scripts put the dependencies' programs first, and one of those brings an npm that is years old.
PATH=$(tr ':' '\n' <<< "$PATH" | grep -v 'node_modules/\.bin$' | paste -sd:)
commit=$(git rev-parse --verify "$1^{commit}")
folder=$(realpath -m "$2")
architecture=${3:-arm64}

cd "$(git rev-parse --show-toplevel)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "packing ${commit:0:12} for linux-$architecture …" >&2
git archive "$commit" package.json package-lock.json .npmrc origin edge/package.json infra bench/package.json | tar -x -C "$work"
cd "$work"
npm install --loglevel=error --omit=dev --ignore-scripts --workspace @spillway/origin --no-audit --no-fund >&2

version=$(node -p "require('./package.json').devDependencies.node")
mkdir -p runtime
npm pack --loglevel=error --pack-destination . "node-linux-$architecture@$version" > /dev/null
tar -xzf "node-linux-$architecture-$version.tgz" --strip-components=2 -C runtime package/bin/node

mv infra/instance instance
if [[ -n ${DATABASE_CA:-} ]]; then
  cp "$DATABASE_CA" instance/global-bundle.pem
else
  curl -fsSL https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem -o instance/global-bundle.pem
fi
find origin -name '*.test.ts' -delete
rm -rf origin/test origin/dev origin/application/test
# Readable by the origin's user whatever the umask and the owner here.
tar -czf release.tar.gz --owner=0 --group=0 --mode='u=rwX,go=rX' origin node_modules runtime instance package.json
digest=$(sha256sum release.tar.gz)
name=${commit:0:12}-${digest%% *}
mkdir -p "$folder"
mv release.tar.gz "$folder/$name.tar.gz"
echo "$folder/$name.tar.gz $(du -h "$folder/$name.tar.gz" | cut -f1)" >&2
echo "$name"
