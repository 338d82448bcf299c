#!/usr/bin/env bash
# Before each start of the origin: secrets and keys from AWS into files that live in memory only.
# Reads DATABASE_SECRET, DATABASE_HOST, DATABASE_CA and EDGE_KEYS_PARAMETER from the unit's environment.
set -euo pipefail
run=${RUNTIME_FOLDER:-/run/spillway}
umask 077

secret=$(aws secretsmanager get-secret-value --secret-id "$DATABASE_SECRET" --query SecretString --output text)
user=$(jq -r '.username | @uri' <<< "$secret")
password=$(jq -r '.password | @uri' <<< "$secret")
options="replicaSet=rs0&tls=true&tlsCAFile=$DATABASE_CA&retryWrites=false&readPreference=primaryPreferred"

# The public keys of the edge's assertions: not secret, but the unit's user must be able to read them.
aws ssm get-parameter --name "$EDGE_KEYS_PARAMETER" --query Parameter.Value --output text > "$run/edge-keys.json.new"
jq -e '.keys | length > 0' "$run/edge-keys.json.new" > /dev/null
chmod 0644 "$run/edge-keys.json.new"
mv "$run/edge-keys.json.new" "$run/edge-keys.json"

{
  echo "MONGODB_URI=mongodb://$user:$password@$DATABASE_HOST/?$options"
  echo "EDGE_ASSERTION_JWKS=file://$run/edge-keys.json"
} > "$run/origin.env.new"
mv "$run/origin.env.new" "$run/origin.env"
